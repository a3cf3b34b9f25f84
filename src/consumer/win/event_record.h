/*
 * Events as Windows hands them to a callback (EVENT_RECORD), made into records as a file holds
 * them, so that all that reads files reads them too. Pure functions.
 */
#ifndef ETWI_CONSUMER_WIN_EVENT_RECORD_H
#define ETWI_CONSUMER_WIN_EVENT_RECORD_H

#include "session/win/etw_abi.h"

/*
 * The bytes of the record, without padding. 0 if there can be no such record: the size of one is
 * told by 16 bits, and the header of an EVENT_RECORD may be larger than the one that was written.
 */
uint32_t etwi_event_record_size(const etwi_abi_record *event);

/* Writes the record of that size and zeros behind it, to the next multiple of eight. */
void etwi_event_record_write(uint8_t *out, const etwi_abi_record *event, uint32_t size);

/* The processor that the event was written on. */
uint16_t etwi_event_record_processor(const etwi_abi_record *event);

#endif
