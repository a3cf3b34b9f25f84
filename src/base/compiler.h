/* What compilers add to C, each by a name of ours that means nothing, or has another way, where the
 * compiler does not know it. Builds with ETWI_PLAIN_C take the other ways with any compiler, so
 * that tests see them too. */
#ifndef ETWI_BASE_COMPILER_H
#define ETWI_BASE_COMPILER_H

#if defined(__GNUC__)
#define ETWI_PREFETCH(address)       __builtin_prefetch(address)
#define ETWI_PREFETCH_WRITE(address) __builtin_prefetch(address, 1)
/* Into the second-level cache, for what is not needed at once. */
#define ETWI_PREFETCH_FAR(address) __builtin_prefetch(address, 0, 2)
/* For what is only quick if the compiler knows the arguments. */
#define ETWI_INLINE inline __attribute__((always_inline))
/* For what is rare, so that saving registers for it is not the usual case's business. */
#define ETWI_NOINLINE __attribute__((noinline))
/* Behind the declaration of a function that ends the program. */
#define ETWI_NORETURN __attribute__((noreturn))
/* Of each thread, by the model that allocates nothing when a signal handler is the first to look.
 */
#define ETWI_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
/* Where the frame of the current function is; NULL: frames are not to be found. */
#define ETWI_FRAME_ADDRESS() __builtin_frame_address(0)
#elif defined(_MSC_VER)
#define ETWI_PREFETCH(address)       ((void)(address))
#define ETWI_PREFETCH_WRITE(address) ((void)(address))
#define ETWI_PREFETCH_FAR(address)   ((void)(address))
#define ETWI_INLINE                  __forceinline
#define ETWI_NOINLINE                __declspec(noinline)
#define ETWI_NORETURN
#define ETWI_THREAD_LOCAL    _Thread_local
#define ETWI_FRAME_ADDRESS() NULL
#else
#define ETWI_PREFETCH(address)       ((void)(address))
#define ETWI_PREFETCH_WRITE(address) ((void)(address))
#define ETWI_PREFETCH_FAR(address)   ((void)(address))
#define ETWI_INLINE                  inline
#define ETWI_NOINLINE
#define ETWI_NORETURN
#define ETWI_THREAD_LOCAL    _Thread_local
#define ETWI_FRAME_ADDRESS() NULL
#endif

/* Arguments that have to go with a format. Those of C, also where a C library has others: MinGW
 * replaces its functions. */
#if defined(__clang__)
#define ETWI_PRINTF(text_index, first) __attribute__((format(printf, text_index, first)))
#elif defined(__GNUC__)
#define ETWI_PRINTF(text_index, first) __attribute__((format(gnu_printf, text_index, first)))
#else
#define ETWI_PRINTF(text_index, first)
#endif

#if !defined(ETWI_PLAIN_C)
#if defined(__GNUC__)
#define ETWI_HAS_BUILTINS 1
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
#define ETWI_HAS_INTRIN 1
#endif
#if defined(__SIZEOF_INT128__)
#define ETWI_HAS_INT128 1
#endif
/* Every processor of x86-64 has it. */
#if defined(__SSE2__) || (defined(_M_X64) && !defined(_M_ARM64EC))
#define ETWI_HAS_SSE2 1
#endif
#endif

#endif
