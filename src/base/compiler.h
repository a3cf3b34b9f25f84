/* Hints to the compiler, which mean nothing where they are not known. */
#ifndef ETWI_BASE_COMPILER_H
#define ETWI_BASE_COMPILER_H

#if defined(__GNUC__)
#define ETWI_PREFETCH(address) __builtin_prefetch(address)
/* For what is only quick if the compiler knows the arguments. */
#define ETWI_INLINE inline __attribute__((always_inline))
/* For what is rare, so that saving registers for it is not the usual case's business. */
#define ETWI_NOINLINE __attribute__((noinline))
#else
#define ETWI_PREFETCH(address) ((void)(address))
#define ETWI_INLINE            inline
#define ETWI_NOINLINE
#endif

#endif
