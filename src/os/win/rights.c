/* Who this process acts for, and rights that nobody else has. */
#include "os/win/win.h"

bool etwi_win_user_look(etwi_win_user *out)
{
    HANDLE token;
    DWORD size;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    const bool good = GetTokenInformation(token, TokenUser, out, sizeof *out, &size);
    CloseHandle(token);
    return good;
}

bool etwi_win_allow_only_me(etwi_win_only_me *out)
{
    const DWORD inherited = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE;
    if (!etwi_win_user_look(&out->token) ||
        !InitializeAcl(&out->list.acl, sizeof out->list, ACL_REVISION) ||
        !AddAccessAllowedAceEx(&out->list.acl, ACL_REVISION, inherited, FILE_ALL_ACCESS,
                               out->token.user.User.Sid) ||
        !InitializeSecurityDescriptor(&out->descriptor, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorDacl(&out->descriptor, TRUE, &out->list.acl, FALSE) ||
        !SetSecurityDescriptorControl(&out->descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED))
        return false;
    out->attributes = (SECURITY_ATTRIBUTES){sizeof out->attributes, &out->descriptor, FALSE};
    return true;
}
