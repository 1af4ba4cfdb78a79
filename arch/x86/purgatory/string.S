/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: What compilers take for granted
 *
 * GCC and clang may turn any loop or assignment into a call of one of these,
 * freestanding or not, and which ones differs from version to version.  In
 * assembly, because in C they could be turned into calls of themselves.
 *
 * Nothing that takes time goes through here.
 */

#include <linux/linkage.h>

	.text

/* void *memcpy(void *to, const void *from, size_t n) */
SYM_FUNC_START(memcpy)
	movq	%rdi, %rax
	movq	%rdx, %rcx
	rep movsb
	RET
SYM_FUNC_END(memcpy)

/* void *memmove(void *to, const void *from, size_t n) */
SYM_FUNC_START(memmove)
	movq	%rdi, %rax
	movq	%rdx, %rcx
	subq	%rsi, %rdi
	cmpq	%rdx, %rdi
	movq	%rax, %rdi
	jb	.Lfrom_the_end
	rep movsb
	RET
.Lfrom_the_end:
	leaq	-1(%rdi, %rcx), %rdi
	leaq	-1(%rsi, %rcx), %rsi
	std
	rep movsb
	cld
	RET
SYM_FUNC_END(memmove)

/* void *memset(void *to, int c, size_t n) */
SYM_FUNC_START(memset)
	movq	%rdi, %r8
	movl	%esi, %eax
	movq	%rdx, %rcx
	rep stosb
	movq	%r8, %rax
	RET
SYM_FUNC_END(memset)

/* int memcmp(const void *a, const void *b, size_t n) */
SYM_FUNC_START(memcmp)
	movq	%rdx, %rcx
	xorl	%eax, %eax
	cmpq	%rcx, %rcx
	repe cmpsb
	je	.Lsame
	movzbl	-1(%rdi), %eax
	movzbl	-1(%rsi), %ecx
	subl	%ecx, %eax
.Lsame:
	RET
SYM_FUNC_END(memcmp)
