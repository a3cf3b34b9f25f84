# etw emit: events as JSON, and mistakes.

# Events as JSON.
$ etw record '*Demo' -q -w demo.etl -c 4 & printf '%s\n' '{"@name":"A","i":-1,"u":18446744073709551615,"f":1.0,"s":"\u00e4\ud83d\ude00\n","b":true,"n":null}' '{"st":{"a":1,"in":{"q":"z"}},"@name":"B"}' '' '{"x:u8":255,"arr":[1,2],"mixed":[1,2.5],"t":["a","b,c"],"none":[],"bools":[true,false],"h:x8":[1,"0x10"],"@name":"C"}' '{"@name":"D"}' | etw emit Demo -; wait; etw dump demo.etl -f 'provider == Demo' | jq -r '"\(.System.EventName) \(.EventData)"'
A {"i":-1,"u":18446744073709552000,"f":1,"s":"ä😀\n","b":true}
B {"st":{"a":1,"in":{"q":"z"}}}
C {"x":255,"arr":[1,2],"mixed":[1,2.5],"t":["a","b,c"],"none":[],"bools":[true,false],"h":["0x1","0x10"]}
D null

$ printf '%s\n' '{"x":}' '{"x":1' '[1]' '{"x":1}' '{"x:u33":1,"@name":"A"}' '{"x:u8":256,"@name":"A"}' '{"o":{},"@name":"A"}' '{"@nam":1}' '{"x":[1,{}],"@name":"A"}' '{"x":[1,"a"],"@name":"A"}' '{"s":"\ud800","@name":"A"}' | etw emit Demo - --wait 0
! etw emit: line 1: no JSON: a value is expected (at byte 5)
! etw emit: line 2: no JSON: a comma or the end is expected (at byte 7)
! etw emit: line 3: a line has to be a JSON object
! etw emit: line 4: the event has no name: give --name or @name
! etw emit: line 5: field x: unknown type "u33"
! etw emit: line 6: field x: "256" does not fit into u8
! etw emit: line 7: an object has no members, or too many
! etw emit: line 8: @nam: there are @name, a string, @level and @keyword, numbers
! etw emit: line 9: field x: an array holds numbers, strings or booleans
! etw emit: line 10: field x: an array holds numbers, strings or booleans
! etw emit: line 11: no JSON: a string is malformed (at byte 12)
? 1

$ etw emit
! etw emit: name the PROVIDER (see 'etw emit --help')
? 2

$ etw emit Demo
! etw emit: name the event with --name EVENT (see 'etw emit --help')
? 2

$ etw emit Demo --name A x
! etw emit: 'x' is no field: FIELD:TYPE=VALUE is needed
? 2

$ etw emit Demo --name A x:u8=256
! etw emit: field x: "256" does not fit into u8
? 2

$ etw emit Demo --name A x:what=1
! etw emit: field x: unknown type "what"
? 2

$ etw emit Demo --name A --level 256
! etw emit: --level goes to 255 (see 'etw emit --help')
? 2

$ etw emit Demo --name A --keyword 0xG
! etw emit: --keyword needs a number such as 0x10 (see 'etw emit --help')
? 2

$ etw emit Demo --name A --wait soon
! etw emit: --wait needs seconds, or a duration such as 250ms (see 'etw emit --help')
? 2

$ etw emit Demo - x=1 </dev/null
! etw emit: with - the fields come from standard input alone (see 'etw emit --help')
? 2

$ etw emit Demo --name A --wait 50ms x=1
! etw emit: no session enabled Demo in time; nothing was written
? 1

# Nothing is left behind.
$ find $ETW_RUNTIME_DIR -mindepth 2
