/**
 * An AWS Lambda function that publishes every event it is given to a topic. Plain `fetch`, no package: paste it
 * into a function of a current Node.js runtime and set its environment:
 *
 *   GODWIT_URL    https://cache.example.com
 *   GODWIT_TOKEN  a token that may publish to the topic and nothing else:
 *                 {"type": "topic", "cache": "default", "topic": {"name": "orders"}, "actions": ["publish"]}
 *   GODWIT_CACHE  default, unless set
 *   GODWIT_TOPIC  orders, unless set
 */

/** Attempts of one invocation, the first included. */
const attemptsMax = 5;
/** Longest wait for one answer, in ms; the server itself answers or refuses within 5 s. */
const answerMs = 6_000;
/** First wait between attempts when the server names none, in ms; doubles. */
const delayMs = 200;
/** Time that is left to the runtime when this function gives up, in ms. */
const reserveMs = 500;

/** Nothing was done (503), or it is unknown whether (504): with an Idempotency-Key both are safe to repeat. */
const repeatable = new Set([503, 504]);

/**
 * @param {{ id?: string, detail?: unknown }} event an EventBridge event; any other works too
 * @param {{ awsRequestId: string, getRemainingTimeInMillis(): number }} context
 */
export async function handler(event, context) {
  const { GODWIT_URL, GODWIT_TOKEN, GODWIT_CACHE = 'default', GODWIT_TOPIC = 'orders' } = process.env;
  const url = `${GODWIT_URL}/topics/${encodeURIComponent(GODWIT_CACHE)}/${encodeURIComponent(GODWIT_TOPIC)}`;
  const request = {
    method: 'POST',
    headers: {
      authorization: `Bearer ${GODWIT_TOKEN}`,
      'content-type': 'application/json',
      // Lambda may run the same event again, and this function repeats requests: the event's own id makes all of
      // them one message. (Lambda repeats an invocation under the same request id.)
      'idempotency-key': event.id ?? context.awsRequestId,
    },
    body: JSON.stringify(event.detail ?? event),
  };

  for (let attempt = 1; ; attempt++) {
    const answer = await send(url, request, context);
    if (answer.status === 204)
      return {
        sequence_number: Number(answer.headers.get('godwit-sequence-number')),
        sequence_page: Number(answer.headers.get('godwit-sequence-page')),
      };
    const retryAfter = answer.headers.get('retry-after');
    const waitMs = retryAfter === null ? delayMs * 2 ** (attempt - 1) : 1_000 * Number(retryAfter);
    const timeLeft = context.getRemainingTimeInMillis() - waitMs > reserveMs;
    // Thrown, so that Lambda counts a failure and runs the event again, or puts it where failed events go.
    if (!repeatable.has(answer.status) || attempt === attemptsMax || !timeLeft)
      throw new Error(`publishing failed with status ${answer.status}: ${await answer.text()}`);
    await answer.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** The answer; a connection that broke or took too long counts as 504: it is unknown what became of it. */
async function send(url, request, context) {
  const timeoutMs = Math.max(1, Math.min(answerMs, context.getRemainingTimeInMillis() - reserveMs));
  try {
    return await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    return new Response(`no answer (${error.cause?.code ?? error.name})`, { status: 504 });
  }
}
