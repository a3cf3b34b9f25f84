# --filter and its shorthands.

$ make_sample a.etl plain

# Parts that exclude each other make the whole.
$ test $(($(etw dump -q -f 'classic' a.etl | wc -l) + $(etw dump -q -f 'not classic' a.etl | wc -l))) = $(etw dump -q a.etl | wc -l)

$ etw dump -q -o text -f 'event == Process/Start and ImageFileName ~ webshop.exe' a.etl | grep -o 'MSNT[^ ]*'
MSNT_SystemTrace/Process/Start

$ etw dump -q --filter 'event == OrderPlaced' a.etl | jq -r .System.EventName | sort -u
OrderPlaced

# Of structs in arrays any element may match.
$ etw dump -q -f 'Items.UnitPrice > 14.5 and Customer.Country == GB' a.etl | jq -e -c 'select([.EventData.Items[].UnitPrice] | max <= 14.5)' | wc -l
0

$ test $(etw dump -q -f 'Items.UnitPrice > 14.5' a.etl | wc -l) = $(etw dump -q a.etl | jq -c 'select(.EventData.Items != null) | select([.EventData.Items[]? | select(.UnitPrice > 14.5)] | length > 0)' | wc -l)

# A filter in the header picks the same events as jq.
$ test $(etw dump -q -f 'pid == 4 and level <= warning' a.etl | wc -l) = $(etw dump -q a.etl | jq -c 'select(.System.Execution.ProcessID == 4 and .System.Level.Value <= 3)' | wc -l)

# Shorthands are joined by and; lists and ranges.
$ etw dump -q --provider MSNT_SystemTrace --pid 4 a.etl | jq -r '.System | [.Provider.Name, .Execution.ProcessID] | @csv' | sort -u
"MSNT_SystemTrace",4

$ test $(etw dump -q -p 'contoso*' a.etl | wc -l) = $(etw dump -q -f 'provider ~ contoso*' a.etl | wc -l)

$ test $(etw dump -q --id 1,2,5..9 a.etl | wc -l) = $(etw dump -q -f 'id in {1,2,5..9}' a.etl | wc -l)

$ etw dump -q -p 'MSNT_SystemTrace' -p "It's not there" --pid 4..4 a.etl | wc -l | xargs test $(etw dump -q -p MSNT_SystemTrace --pid 4 a.etl | wc -l) =

$ etw dump -q -c2 -f 'classic' a.etl | wc -l
2

$ etw dump -q -f false a.etl

# stats counts what matches.
$ etw stats --json -f 'event == OrderPlaced' a.etl | jq -c '[.events, (.providers | length)]'
[24,1]

$ test $(etw stats --json --pid 4 a.etl | jq .events) = $(etw dump -q --pid 4 a.etl | wc -l)

# Mistakes show the place.
$ etw dump -f 'id == 1 and leve == 2' a.etl
! etw dump: --filter: unknown field 'leve'; did you mean 'level'? (data.leve is a property)
!   id == 1 and leve == 2
!               ^
? 2

$ etw stats -f 'Name == "Mütze" and (id == x' a.etl
! etw stats: --filter: id needs a whole number, not 'x'
!   Name == "Mütze" and (id == x
!                              ^
? 2

$ etw dump --id 1,two a.etl
! etw dump: --id: id needs a whole number, not 'two'
!   id in {1,two}
!            ^
? 2

$ etw dump -f '' a.etl
! etw dump: --filter: expected a field such as 'provider' or the name of a property
? 2

$ etw dump --filter
! etw dump: --filter needs a value: EXPR
? 2

$ etw dump -f $'Name == "a\\n\n"|' a.etl
! etw dump: --filter: write 'or' or '||'
!   Name == "a\n "|
!                 ^
? 2

# Names that no schema has match nothing, and that is said, once each, with the nearest ones.
$ etw dump -f 'event == Process/Start and (imagefilename ~ * or Comandline ~ *)' a.etl
! etw dump: --filter: no schema that was met has a property 'imagefilename'; did you mean 'ImageFileName'?
! etw dump: --filter: no schema that was met has a property 'Comandline'; did you mean 'CommandLine'?

$ etw stats --json -f 'Customer.Contry == DE or Customer.Contry == GB' a.etl | jq .events
0
! etw stats: --filter: no schema that was met has a property 'Customer.Contry'; did you mean 'Customer.Country'?

$ etw dump -q -f 'imagefilename ~ *' a.etl

# Nothing is said of names that some schema has, or that no schema was asked for.
$ etw dump -f 'Customer.Country == Nowhere or ImageFileName == none or pid == 99999999 and Nope == 1' a.etl

$ etw dump --fields ImageFilName a.etl >/dev/null
! etw dump: --fields: no schema that was met has a property 'ImageFilName'; did you mean 'ImageFileName'?

$ etw dump -o csv --fields Customer.Contry,pid,Items.Sku,data.id a.etl | sort -u | wc -l
25
! etw dump: --fields: no schema that was met has a property 'Customer.Contry'; did you mean 'Customer.Country'?
! etw dump: --fields: no schema that was met has a property 'id'; did you mean 'PID'?

$ etw dump -o csv --fields Customer.Contry,pid,Items.Sku,data.id -c1 -f 'Nope == 2 or id == 0' a.etl
Customer.Contry,pid,Items.Sku,data.id\r
,4,,\r

# The columns of csv are fields too.
$ etw dump -q -o csv --fields level_name -f 'level_name == warning' a.etl | sort -u
Warning\r
level_name\r

$ etw dump -q -o csv --fields opcode_name,provider_guid -f 'opcode_name == Start and provider_guid == 3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c' a.etl | sort -u
Start,{3D6FA8D0-FE05-11D0-9DDA-00C04FD7BA7C}\r
opcode_name,provider_guid\r
