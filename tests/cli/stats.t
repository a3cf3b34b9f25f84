# stats: counts that add up.

$ make_sample a.etl && make_sample x86.etl x86

$ etw stats a.etl

$ etw stats --json a.etl | jq -c 'keys_unsorted'

$ etw stats --json a.etl | jq -c '.providers[0] | keys_unsorted, (.events[0] | keys_unsorted)'

$ etw stats --json a.etl | jq -e '([.providers[].events[].count] | add) == .events and ([.providers[].count] | add) == .events and ([.header_kinds[]] | add) == .events and ([.schemas[]] | add) == .events'

$ etw stats --json a.etl | jq -e '.decoded + .errors + .without_schema == .events'

$ etw stats --json a.etl | jq -e '[.providers[].guid | test("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] | all'

$ etw stats --json a.etl | jq -e '[.providers[].count] == ([.providers[].count] | sort | reverse)'

# Two traces count together.
$ etw stats --json a.etl a.etl | jq -c --argjson one "$(etw stats --json a.etl)" '[.events == 2 * $one.events, (.files | length), (.providers | length) == ($one.providers | length)]'

$ etw stats --json a.etl | jq -c '[.providers[].events[].class] | unique'
