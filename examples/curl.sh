#!/bin/sh
# Topics with curl, from publishing to resuming: run it beside `npm start`, in the same folder, or read it.
#   sh examples/curl.sh
set -eu

URL=${GODWIT_URL:-http://127.0.0.1:8080}
TOKEN=${GODWIT_TOKEN:-$(cat .godwit/admin.key)}
# The cache has to exist; a topic does not. `$$` makes the name new with every run.
TOPIC="$URL/topics/default/news-$$"
events=$(mktemp)
trap 'rm -f "$events"' EXIT

api() { curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" "$@"; }

echo '--- Subscribe: -N shows every event at once. Here it runs in the background, for 3 s at most.'
api -N --max-time 3 -H 'Accept: text/event-stream' "$TOPIC" >"$events" &
subscriber=$!
sleep 1

echo '--- Publish text, and bytes. The answer tells the number that the message has.'
api -D - -H 'Content-Type: text/plain' --data 'hello' "$TOPIC"
printf '\000\001\002' | api -H 'Content-Type: application/octet-stream' --data-binary @- "$TOPIC"

echo '--- Publish safely: the same Idempotency-Key is the same message, however often it is sent.'
api -H 'Content-Type: text/plain' -H "Idempotency-Key: order-4711-$$" --data 'order 4711' "$TOPIC"
api -H 'Content-Type: text/plain' -H "Idempotency-Key: order-4711-$$" --data 'order 4711' "$TOPIC"

echo '--- Publish many with one call.'
api -H 'Content-Type: application/json' "$URL/topics/default" \
  --data "{\"messages\": [{\"topic\": \"news-$$\", \"text\": \"one\"}, {\"topic\": \"news-$$\", \"base64\": \"/wA=\"}]}"
echo

# curl ends with 28 when its time is over, which is what was asked of it.
wait "$subscriber" || [ $? -eq 28 ]
echo '--- What the subscriber saw: text as `message`, bytes as `binary` in base64, each with its id.'
cat "$events"

echo '--- Resume: after the second message. EventSource sends this header by itself when it reconnects.'
second=$(sed -n 's/^id: //p' "$events" | grep -- '-2$')
api -N --max-time 1 -H 'Accept: text/event-stream' -H "Last-Event-ID: $second" "$TOPIC" || [ $? -eq 28 ]

echo '--- An id that the server does not know is never taken for "nothing new": the gap is announced.'
api -N --max-time 1 -H 'Accept: text/event-stream' -H 'Last-Event-ID: 1-1' "$TOPIC" || [ $? -eq 28 ]

echo '--- As JSON, with the time of publishing, from the last two messages on.'
api -N --max-time 1 -H 'Accept: text/event-stream' "$TOPIC?format=json&start=-2" || [ $? -eq 28 ]

echo '--- Without Accept: text/event-stream it is a long poll. The headers say what to ask for next.'
api -D - "$TOPIC?start=earliest&wait_seconds=1"
echo

echo '--- Several topics over one connection, or all with a prefix.'
api -N --max-time 1 -H 'Accept: text/event-stream' "$URL/topics/default?topic_prefix=news-$$&start=-1" || [ $? -eq 28 ]

echo '--- Statistics of the topic.'
api "$TOPIC/statistics"
echo
