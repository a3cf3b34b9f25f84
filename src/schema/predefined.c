#include "schema/predefined.h"

#define TEXT(literal)                   \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }

etw_str etwi_predefined_level(unsigned level)
{
    static const etw_str NAMES[] = {TEXT("LogAlways"), TEXT("Critical"),      TEXT("Error"),
                                    TEXT("Warning"),   TEXT("Informational"), TEXT("Verbose")};
    const etw_str none = {NULL, 0};
    return level < sizeof NAMES / sizeof NAMES[0] ? NAMES[level] : none;
}

etw_str etwi_predefined_opcode(unsigned opcode)
{
    static const etw_str NAMES[] = {
        TEXT("Info"),      TEXT("Start"), TEXT("Stop"),   TEXT("DCStart"), TEXT("DCStop"),
        TEXT("Extension"), TEXT("Reply"), TEXT("Resume"), TEXT("Suspend"), TEXT("Send")};
    static const etw_str RECEIVE = TEXT("Receive");
    const etw_str none = {NULL, 0};
    if (opcode < sizeof NAMES / sizeof NAMES[0])
        return NAMES[opcode];
    return opcode == 240 ? RECEIVE : none;
}

etw_str etwi_predefined_channel(unsigned channel)
{
    static const etw_str NAMES[] = {TEXT("System"), TEXT("Application"), TEXT("Security"),
                                    TEXT("TraceLogging"), TEXT("ProviderMetadata")};
    enum {
        FIRST = 8
    };
    const etw_str none = {NULL, 0};
    const unsigned index = channel - FIRST;
    return index < sizeof NAMES / sizeof NAMES[0] ? NAMES[index] : none;
}
