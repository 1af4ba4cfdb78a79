/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kexec

#if !defined(_TRACE_KEXEC_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_KEXEC_H

#include <linux/tracepoint.h>

/* An image type as it is shown; -1 when there is no image yet. */
#define kexec_show_type(type) \
	__print_symbolic(type, { -1, "none" }, { 0, "reboot" }, { 1, "crash" })

/* A load or something else was refused; the same text is in the log. */
TRACE_EVENT(kexec_refused,
	    TP_PROTO(int type, int err, struct va_format *why),
	    TP_ARGS(type, err, why),
	    TP_STRUCT__entry(__field(int, type)
			     __field(int, err)
			     __vstring(why, why->fmt, why->va)),
	    TP_fast_assign(__entry->type = type;
			   __entry->err = err;
			   __assign_vstr(why, why->fmt, why->va);),
	    TP_printk("image=%s err=%d: %s", kexec_show_type(__entry->type), __entry->err,
		      __get_str(why))
);

/* A segment has got its destination. */
TRACE_EVENT(kexec_place,
	    TP_PROTO(int type, unsigned long segment, unsigned long mem, unsigned long memsz,
		     bool in_place),
	    TP_ARGS(type, segment, mem, memsz, in_place),
	    TP_STRUCT__entry(__field(int, type)
			     __field(unsigned long, segment)
			     __field(unsigned long, mem)
			     __field(unsigned long, memsz)
			     __field(bool, in_place)),
	    TP_fast_assign(__entry->type = type;
			   __entry->segment = segment;
			   __entry->mem = mem;
			   __entry->memsz = memsz;
			   __entry->in_place = in_place;),
	    TP_printk("image=%s segment=%lu mem=%#lx memsz=%#lx %s",
		      kexec_show_type(__entry->type), __entry->segment, __entry->mem,
		      __entry->memsz, __entry->in_place ? "in place" : "to be relocated")
);

/* A load has come to the next step of its road. */
TRACE_EVENT(kexec_step,
	    TP_PROTO(int type, const char *step),
	    TP_ARGS(type, step),
	    TP_STRUCT__entry(__field(int, type)
			     __string(step, step)),
	    TP_fast_assign(__entry->type = type;
			   __assign_str(step);),
	    TP_printk("image=%s %s", kexec_show_type(__entry->type), __get_str(step))
);

/* An image is about to be armed. */
TRACE_EVENT(kexec_arm,
	    TP_PROTO(int type, unsigned long start, unsigned long list),
	    TP_ARGS(type, start, list),
	    TP_STRUCT__entry(__field(int, type)
			     __field(unsigned long, start)
			     __field(unsigned long, list)),
	    TP_fast_assign(__entry->type = type;
			   __entry->start = start;
			   __entry->list = list;),
	    TP_printk("image=%s start=%#lx list=%#lx", kexec_show_type(__entry->type),
		      __entry->start, __entry->list)
);

/* For so long no crash image was armed because one was being copied. */
TRACE_EVENT(kexec_unarmed,
	    TP_PROTO(u64 ns),
	    TP_ARGS(ns),
	    TP_STRUCT__entry(__field(u64, ns)),
	    TP_fast_assign(__entry->ns = ns;),
	    TP_printk("ns=%llu", __entry->ns)
);

#endif /* _TRACE_KEXEC_H */

#include <trace/define_trace.h>
