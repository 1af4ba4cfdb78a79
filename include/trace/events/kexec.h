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

/* A call that nothing speaks against begins to load an image. */
TRACE_EVENT(kexec_load,
	    TP_PROTO(int type, const char *call, unsigned long flags),
	    TP_ARGS(type, call, flags),
	    TP_STRUCT__entry(__field(int, type)
			     __string(call, call)
			     __field(unsigned long, flags)),
	    TP_fast_assign(__entry->type = type;
			   __assign_str(call);
			   __entry->flags = flags;),
	    TP_printk("image=%s call=%s flags=%#lx", kexec_show_type(__entry->type),
		      __get_str(call), __entry->flags)
);

/* The load is over, and the image armed unless there is an errno. */
TRACE_EVENT(kexec_loaded,
	    TP_PROTO(int type, int err),
	    TP_ARGS(type, err),
	    TP_STRUCT__entry(__field(int, type)
			     __field(int, err)),
	    TP_fast_assign(__entry->type = type;
			   __entry->err = err;),
	    TP_printk("image=%s err=%d", kexec_show_type(__entry->type), __entry->err)
);

/*
 * Memory was claimed by address, or was not: @start is 0 where nothing was tried, @obstacle the
 * first of what is in the way, 0 where that is not to be seen.
 */
TRACE_EVENT(kexec_claim,
	    TP_PROTO(phys_addr_t start, u64 size, int err, phys_addr_t obstacle),
	    TP_ARGS(start, size, err, obstacle),
	    TP_STRUCT__entry(__field(u64, start)
			     __field(u64, size)
			     __field(u64, obstacle)
			     __field(int, err)),
	    TP_fast_assign(__entry->start = start;
			   __entry->size = size;
			   __entry->obstacle = obstacle;
			   __entry->err = err;),
	    TP_printk("start=%#llx size=%#llx err=%d obstacle=%#llx", __entry->start,
		      __entry->size, __entry->err, __entry->obstacle)
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

/* A step of a load has ended; kexec_loaded says how the whole did. */
TRACE_EVENT(kexec_step,
	    TP_PROTO(int type, const char *step, int err, u64 ns),
	    TP_ARGS(type, step, err, ns),
	    TP_STRUCT__entry(__field(int, type)
			     __string(step, step)
			     __field(int, err)
			     __field(u64, ns)),
	    TP_fast_assign(__entry->type = type;
			   __assign_str(step);
			   __entry->err = err;
			   __entry->ns = ns;),
	    TP_printk("image=%s step=%s err=%d ns=%llu", kexec_show_type(__entry->type),
		      __get_str(step), __entry->err, __entry->ns)
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

/* The armed image is taken away: by an unload, or to make room for the next one. */
TRACE_EVENT(kexec_disarm,
	    TP_PROTO(int type, unsigned long start),
	    TP_ARGS(type, start),
	    TP_STRUCT__entry(__field(int, type)
			     __field(unsigned long, start)),
	    TP_fast_assign(__entry->type = type;
			   __entry->start = start;),
	    TP_printk("image=%s start=%#lx", kexec_show_type(__entry->type), __entry->start)
);

/* For so long no crash image was armed because one was being copied. */
TRACE_EVENT(kexec_unarmed,
	    TP_PROTO(u64 ns),
	    TP_ARGS(ns),
	    TP_STRUCT__entry(__field(u64, ns)),
	    TP_fast_assign(__entry->ns = ns;),
	    TP_printk("ns=%llu", __entry->ns)
);

/* The reboot into an image has come as far as that. */
TRACE_EVENT(kexec_reboot,
	    TP_PROTO(const char *reached),
	    TP_ARGS(reached),
	    TP_STRUCT__entry(__string(reached, reached)),
	    TP_fast_assign(__assign_str(reached);),
	    TP_printk("reached=%s", __get_str(reached))
);

#endif /* _TRACE_KEXEC_H */

#include <trace/define_trace.h>
