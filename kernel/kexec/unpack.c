// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: unpacking
 *
 * A compressed kernel is unpacked by the libraries that the kernel has for its own
 * run time, block by block where the format has blocks: there is a pause after each,
 * and whoever is killed gives up there.  The output is one piece of memory, so
 * that it is at the same time what the libraries look back into: none needs a
 * window of its own, and all memory that unpacking takes is their tables.
 *
 * The one exception is xz, whose library either has a window of up to the size
 * that the file names, or unpacks in one call.  It is one call here, during which
 * the caller can be preempted but not killed.
 *
 * Bytes come from files, so everything is bounded by what is there.
 */
#include <linux/cleanup.h>
#include <linux/crc32.h>
#include <linux/errno.h>
#include <linux/kexec_unpack.h>
#include <linux/lz4.h>
#include <linux/lzo.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/xz.h>
#include <linux/zlib.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <linux/zstd.h>

#include "pages.h"

/* What is unpacked without a pause, where the format leaves the choice. */
#define PIECE	SZ_256K

static int pause_killable(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* ---- bytes that have not been read yet, or not been written ---- */

struct source {
	const u8 *at;
	size_t left;
};

struct sink {
	u8 *at;
	size_t left;
};

/* The next @n bytes, NULL when there are fewer. */
static const u8 *unpack_take(struct source *in, size_t n)
{
	const u8 *at = in->at;

	if (n > in->left)
		return NULL;
	in->at += n;
	in->left -= n;
	return at;
}

static bool take_be32(struct source *in, u32 *value)
{
	const u8 *at = unpack_take(in, sizeof(*value));

	if (at)
		*value = get_unaligned_be32(at);
	return at;
}

static bool take_le32(struct source *in, u32 *value)
{
	const u8 *at = unpack_take(in, sizeof(*value));

	if (at)
		*value = get_unaligned_le32(at);
	return at;
}

static void unpack_wrote(struct sink *out, size_t n)
{
	out->at += n;
	out->left -= n;
}

/* ---- gzip, RFC 1952 ---- */

#define GZIP_HEADER	10
#define GZIP_METHOD	2
#define GZIP_FLAGS	3
#define GZIP_DEFLATED	8
#define GZIP_NAMED	0x08

/* Kernels have no more than a name in front, and mostly not even that. */
static int skip_gzip_header(struct source *in)
{
	const u8 *header = unpack_take(in, GZIP_HEADER);
	size_t name;

	if (!header)
		return -EBADMSG;
	if (header[GZIP_METHOD] != GZIP_DEFLATED || header[GZIP_FLAGS] & ~GZIP_NAMED)
		return -EOPNOTSUPP;
	if (!(header[GZIP_FLAGS] & GZIP_NAMED))
		return 0;
	name = strnlen((const char *)in->at, in->left);
	return unpack_take(in, name + 1) ? 0 : -EBADMSG;
}

/* Summed up while it is in the cache. */
static int inflate_pieces(struct z_stream_s *stream, struct sink *out, u32 *crc)
{
	int ret, status;

	do {
		uInt n = min_t(size_t, out->left, PIECE);

		stream->next_out = out->at;
		stream->avail_out = n;
		status = zlib_inflate(stream, Z_NO_FLUSH);
		n -= stream->avail_out;
		*crc = crc32_le(*crc, out->at, n);
		unpack_wrote(out, n);
		ret = pause_killable();
	} while (status == Z_OK && !ret);
	if (ret)
		return ret;
	return status == Z_STREAM_END ? 0 : -EBADMSG;
}

static int unpack_gzip(struct source *in, struct sink *out)
{
	const u8 *start = out->at;
	struct z_stream_s stream = {};
	u32 crc = ~0, sum, size;
	int ret;

	if (!IS_BUILTIN(CONFIG_ZLIB_INFLATE))
		return -EOPNOTSUPP;
	void *workspace __free(kvfree) = kvmalloc(zlib_inflate_workspacesize(), GFP_KEXEC);
	if (!workspace)
		return -ENOMEM;
	ret = skip_gzip_header(in);
	if (ret)
		return ret;
	if (in->left > UINT_MAX)
		return -EOPNOTSUPP;
	stream.workspace = workspace;
	stream.next_in = in->at;
	stream.avail_in = in->left;
	if (zlib_inflateInit2(&stream, -MAX_WBITS) != Z_OK)
		return -EBADMSG;
	ret = inflate_pieces(&stream, out, &crc);
	if (ret)
		return ret;
	unpack_take(in, in->left - stream.avail_in);
	if (!take_le32(in, &sum) || !take_le32(in, &size) || size != (u32)(out->at - start))
		return -EBADMSG;
	return sum == ~crc ? 0 : -EBADMSG;
}

/* ---- xz ---- */

static int unpack_xz(struct source *in, struct sink *out)
{
	struct xz_buf buf = {
		.in = in->at, .in_size = in->left,
		.out = out->at, .out_size = out->left,
	};
	struct xz_dec *decoder;
	enum xz_ret status;

	if (!IS_BUILTIN(CONFIG_XZ_DEC))
		return -EOPNOTSUPP;
	decoder = xz_dec_init(XZ_SINGLE, 0);
	if (!decoder)
		return -ENOMEM;
	status = xz_dec_run(decoder, &buf);
	xz_dec_end(decoder);
	unpack_wrote(out, buf.out_pos);
	/* Such as the filter for x86 code, which is an option of the library's. */
	if (status == XZ_OPTIONS_ERROR)
		return -EOPNOTSUPP;
	return status == XZ_STREAM_END ? pause_killable() : -EBADMSG;
}

/* ---- zstd ---- */

static int unpack_zstd_blocks(ZSTD_DCtx *decoder, struct source *in, struct sink *out)
{
	size_t n;
	int ret = 0;

	while (!ret && (n = ZSTD_nextSrcSizeToDecompress(decoder))) {
		const u8 *block = unpack_take(in, n);

		if (!block)
			return -EBADMSG;
		n = ZSTD_decompressContinue(decoder, out->at, out->left, block, n);
		if (zstd_is_error(n))
			return -EBADMSG;
		unpack_wrote(out, n);
		ret = pause_killable();
	}
	return ret;
}

static int unpack_zstd(struct source *in, struct sink *out)
{
	ZSTD_DCtx *decoder;
	size_t size;

	if (!IS_BUILTIN(CONFIG_ZSTD_DECOMPRESS))
		return -EOPNOTSUPP;
	size = zstd_dctx_workspace_bound();
	void *workspace __free(kvfree) = kvmalloc(size, GFP_KEXEC);
	if (!workspace)
		return -ENOMEM;
	decoder = zstd_init_dctx(workspace, size);
	if (!decoder || zstd_is_error(ZSTD_decompressBegin(decoder)))
		return -ENOMEM;
	return unpack_zstd_blocks(decoder, in, out);
}

/* ---- lz4, as "lz4 -l" frames it: lz4_Frame_format.md, "Legacy frame" ---- */

#define LZ4_MAGIC	0x184c2102
#define LZ4_MAGIC_LEN	sizeof(u32)
#define LZ4_BLOCK	SZ_8M

static int unpack_lz4(struct source *in, struct sink *out)
{
	u32 len;
	int ret = 0;

	if (!IS_BUILTIN(CONFIG_LZ4_DECOMPRESS))
		return -EOPNOTSUPP;
	unpack_take(in, LZ4_MAGIC_LEN);
	while (out->left && !ret) {
		const u8 *block;
		int n;

		if (!take_le32(in, &len))
			return -EBADMSG;
		/* Files may have been put one behind the other. */
		if (len == LZ4_MAGIC)
			continue;
		block = unpack_take(in, len);
		if (!block || len > LZ4_COMPRESSBOUND(LZ4_BLOCK))
			return -EBADMSG;
		n = LZ4_decompress_safe(block, out->at, len, min_t(size_t, out->left, LZ4_BLOCK));
		if (n <= 0)
			return -EBADMSG;
		unpack_wrote(out, n);
		ret = pause_killable();
	}
	return ret;
}

/* ---- lzo, as lzop(1) frames it: conf.h and lzop.c of lzop 1.04 ---- */

#define LZOP_MAGIC_LEN		9
#define LZOP_HAS_LEVEL		0x0940	/* versions from here on */
#define LZOP_ADLER32_D		BIT(0)	/* sums of the unpacked bytes */
#define LZOP_CRC32_D		BIT(8)
#define LZOP_ADLER32_C		BIT(1)	/* sums of the packed bytes */
#define LZOP_CRC32_C		BIT(9)
#define LZOP_FILTER		BIT(11)
#define LZOP_BLOCK_MAX		SZ_64M

static bool skip_lzop_header(struct source *in, u32 *flags)
{
	const u8 *fixed, *name_len;
	bool has_level;

	unpack_take(in, LZOP_MAGIC_LEN);
	fixed = unpack_take(in, 2 * sizeof(u16));		/* of lzop, of its library */
	if (!fixed)
		return false;
	has_level = get_unaligned_be16(fixed) >= LZOP_HAS_LEVEL;
	/* version needed, method, level */
	if (!unpack_take(in, has_level ? 4 : 1) || !take_be32(in, flags) || *flags & LZOP_FILTER)
		return false;
	/* mode, time, its upper half */
	if (!unpack_take(in, (has_level ? 3 : 2) * sizeof(u32)))
		return false;
	name_len = unpack_take(in, 1);
	return name_len && unpack_take(in, *name_len) && unpack_take(in, sizeof(u32));
}

static size_t lzop_sums(u32 flags, bool packed)
{
	u32 sums = LZOP_ADLER32_D | LZOP_CRC32_D;

	if (packed)
		sums |= LZOP_ADLER32_C | LZOP_CRC32_C;
	return hweight32(flags & sums) * sizeof(u32);
}

/* A block that did not become smaller is stored as it is. */
static int unpack_lzo_block(const u8 *block, u32 len, struct sink *out, u32 size)
{
	size_t n = size;

	if (len == size)
		memcpy(out->at, block, size);
	else if (lzo1x_decompress_safe(block, len, out->at, &n) != LZO_E_OK || n != size)
		return -EBADMSG;
	unpack_wrote(out, size);
	return 0;
}

static int unpack_lzo(struct source *in, struct sink *out)
{
	u32 flags, size, len;
	int ret = 0;

	if (!IS_BUILTIN(CONFIG_LZO_DECOMPRESS))
		return -EOPNOTSUPP;
	if (!skip_lzop_header(in, &flags))
		return -EBADMSG;
	while (out->left && !ret) {
		const u8 *block;

		if (!take_be32(in, &size) ||
		    !size || size > min_t(size_t, out->left, LZOP_BLOCK_MAX) ||
		    !take_be32(in, &len) || len > size ||
		    !unpack_take(in, lzop_sums(flags, len < size)))
			return -EBADMSG;
		block = unpack_take(in, len);
		if (!block)
			return -EBADMSG;
		ret = unpack_lzo_block(block, len, out, size) ?: pause_killable();
	}
	return ret;
}

/* ---- which it is ---- */

struct format {
	const char *name;
	u8 magic[LZOP_MAGIC_LEN];
	u8 magic_len;
	int (*unpack)(struct source *in, struct sink *out);
};

static const struct format formats[] = {
	{ "gzip", { 0x1f, 0x8b }, 2, unpack_gzip },
	{ "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, unpack_xz },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, unpack_zstd },
	{ "lz4", { 0x02, 0x21, 0x4c, 0x18 }, LZ4_MAGIC_LEN, unpack_lz4 },
	{ "lzo", { 0x89, 'L', 'Z', 'O', 0, 0x0d, 0x0a, 0x1a, 0x0a }, LZOP_MAGIC_LEN, unpack_lzo },
};

static const struct format *find_format(const struct kexec_packed *packed)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (packed->len >= formats[i].magic_len &&
		    !memcmp(packed->data, formats[i].magic, formats[i].magic_len))
			return &formats[i];
	return NULL;
}

/**
 * kexec_packed_format() - tell by its first bytes what something is compressed with
 * @packed: what it is
 *
 * Context: any.
 * Return: the name of the format, NULL for one that is not known here.
 */
const char *kexec_packed_format(const struct kexec_packed *packed)
{
	const struct format *format = find_format(packed);

	return format ? format->name : NULL;
}

/**
 * kexec_unpack() - unpack what is compressed
 * @packed: what it is; may come from anybody
 * @out:    where to, @packed->size bytes
 *
 * What follows the end of the compressed data is ignored.
 *
 * Context: process; sleeps.
 * Return: 0 when just @packed->size bytes came out; -EBADMSG when it is damaged, ends
 * early or has another size; -EOPNOTSUPP when the format is not known or its library not
 * built into this kernel; -ENOMEM; -EINTR when the caller is killed.
 */
int kexec_unpack(const struct kexec_packed *packed, u8 *out)
{
	const struct format *format = find_format(packed);
	struct source source = { packed->data, packed->len };
	struct sink sink = { out, packed->size };
	int ret;

	if (!format)
		return -EOPNOTSUPP;
	ret = format->unpack(&source, &sink);
	if (ret)
		return ret;
	return sink.left ? -EBADMSG : 0;
}
