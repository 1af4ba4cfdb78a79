// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: signatures of kernel files
 *
 * kexec_file_load(2) verifies the kernel's signature as soon as the file has been
 * read, before anything in it is believed.  What follows from a signature that
 * is missing or wrong is decided in kimage_check_signature() alone.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/ima.h>
#include <linux/kernel_read_file.h>
#include <linux/kexec.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/verification.h>
#include <kunit/visibility.h>

#include "policy.h"
#include "refuse.h"

VISIBLE_IF_KUNIT
bool kexec_sig_enforced = IS_ENABLED(CONFIG_KEXEC_SIG_FORCE);

/**
 * set_kexec_sig_enforced() - accept only kernels with a valid signature
 *
 * There is no way back.
 *
 * Context: any.
 */
void set_kexec_sig_enforced(void)
{
	WRITE_ONCE(kexec_sig_enforced, true);
}

/**
 * kexec_sig_is_enforced() - are only kernels with a valid signature accepted?
 *
 * Context: any.
 * Return: whether they are; that there may be lockdown besides is not asked.
 */
bool kexec_sig_is_enforced(void)
{
	return READ_ONCE(kexec_sig_enforced);
}

#ifdef CONFIG_SIGNED_PE_FILE_VERIFICATION
/**
 * kexec_kernel_verify_pe_sig() - check the signature of a PE file
 * @kernel:     the file
 * @kernel_len: its bytes
 *
 * Context: process.
 * Return: 0, -ENOKEY when the signer is unknown to the secondary and the platform
 * keyring, else what verify_pefile_signature() says.
 */
int kexec_kernel_verify_pe_sig(const char *kernel, unsigned long kernel_len)
{
	static struct key * const keyrings[] = {
		VERIFY_USE_SECONDARY_KEYRING,
		VERIFY_USE_PLATFORM_KEYRING,
	};
	int nr = IS_ENABLED(CONFIG_INTEGRITY_PLATFORM_KEYRING) ? ARRAY_SIZE(keyrings) : 1;
	int i, ret = -ENOKEY;

	for (i = 0; i < nr && ret == -ENOKEY; i++)
		ret = verify_pefile_signature(kernel, kernel_len, keyrings[i],
					      VERIFYING_KEXEC_PE_SIGNATURE);
	return ret;
}
#endif

/* A file with a kernel inside has no loader yet, and is signed as kernels here are. */
static kexec_verify_sig_t *find_verifier(const struct kimage *image)
{
	const struct kexec_file_ops * const *loader = kexec_file_loaders;

	if (image->fops)
		return image->fops->verify_sig;
	while (*loader && !(*loader)->verify_sig)
		loader++;
	return *loader ? (*loader)->verify_sig : NULL;
}

static int verify_signature(struct kimage *image)
{
	kexec_verify_sig_t *verify = find_verifier(image);

	return verify ? verify(image->kernel_buf, image->kernel_buf_len) : -EKEYREJECTED;
}

/*
 * When a signer could be described, whether he is revoked; else the verification's word
 * for all that may be wrong with him or the file is just one.
 */
static const char *why_rejected(int signer)
{
	switch (signer) {
	case 0:
		return "the file is not what was signed";
	case -EKEYREVOKED:
		return "its signer's key is revoked by the blacklist keyring";
	default:
		return "it does not match, is revoked, or cannot be checked";
	}
}

static const char *why_not_valid(int err, int signer)
{
	switch (err) {
	case -ENODATA:
		return "it has none";
	case -ENOKEY:
		return "no key here is its signer's";
	case -EKEYREJECTED:
		return why_rejected(signer);
	case -ELIBBAD:
		return "the file is no PE file, or a damaged one";
	case -ENOPKG:
		return "its algorithm is not built into this kernel";
	default:
		return "it cannot be verified";
	}
}

/* The names of a signer and of who vouches for him are longer than this by intent only. */
#define SIGNER_MAX	256

/* Who has signed is what the file says of itself, and may be anything. */
static char *describe_flaw(const struct kimage *image, int err)
{
	char name[SIGNER_MAX] = "";
	int signer = describe_pefile_signer(image->kernel_buf, image->kernel_buf_len,
					    VERIFYING_KEXEC_PE_SIGNATURE, name, sizeof(name));
	bool known = (!signer || signer == -EKEYREVOKED) && name[0];
	const char *why = why_not_valid(err, signer);

	if (!known)
		return kasprintf(GFP_KERNEL, "%s", why);
	return kasprintf(GFP_KERNEL, "%s; signed by %*pE", why, (int)strlen(name), name);
}

/* Nobody else calls set_kexec_sig_enforced(). */
static const char *what_enforces(void)
{
	return IS_ENABLED(CONFIG_KEXEC_SIG_FORCE) ? "the configuration of this kernel" :
						    "IMA's policy for secure boot";
}

/**
 * kimage_check_signature() - may a kernel with this signature be loaded?
 * @image: the image, its kernel read and its loader found, unless it is inside a file
 *
 * One without a valid signature may, unless signatures are enforced, or the
 * running kernel is locked down and IMA does not appraise the file either.
 *
 * Context: process.
 * Return: 0; what the verification said when signatures are enforced
 * (-EKEYREJECTED, -ENOKEY, -ENODATA and others); -EPERM under lockdown.
 */
int kimage_check_signature(struct kimage *image)
{
	char *flaw __free(kfree) = NULL;
	int ret = verify_signature(image);

	if (!ret)
		return 0;
	if (kexec_sig_is_enforced()) {
		flaw = describe_flaw(image, ret);
		return kexec_refuse(image, ret,
				    "signatures are enforced by %s, and this kernel's is not valid: %s",
				    what_enforces(), flaw);
	}
	if (!ima_appraise_signature(READING_KEXEC_IMAGE) && security_locked_down(LOCKDOWN_KEXEC)) {
		flaw = describe_flaw(image, ret);
		return kexec_refuse(image, -EPERM,
				    "the kernel is locked down (integrity), IMA does not appraise kernels, and this kernel's signature is not valid: %s (%pe)",
				    flaw, ERR_PTR(ret));
	}
	pr_debug("no valid signature (%pe), none is required\n", ERR_PTR(ret));
	return 0;
}
