/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Five sections, whatever the compiler calls its pieces: the loader lays out
 * every allocated section of purgatory.ro by itself.  Relocations stay, this is
 * used with ld -r.
 */

ENTRY(purgatory_start)

SECTIONS {
	/* Addresses: a font is described by one, of which the glyphs are all that is used. */
	/DISCARD/ : {
		*(.data.rel.ro .data.rel.ro.*)
	}
	.text 0 : {
		*(.text .text.*)
	}
	.rodata 0 : {
		*(.rodata .rodata.*)
	}
	.data 0 : {
		*(.data .data.*)
	}
	/* Whole pages: the old kernel has them mapped for writing, and nothing else. */
	.timeline 0 : {
		*(.timeline)
		. = ALIGN(4096);
	}
	.bss 0 : {
		*(.bss .bss.* COMMON)
	}

	/DISCARD/ : {
		*(.comment .note .note.*)
		*(.modinfo)
		*(.eh_frame .eh_frame_hdr)
		*(.discard .discard.*)
		*(.llvm_addrsig)
	}
}
