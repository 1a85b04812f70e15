// Generated from openapi.yaml by scripts/generate-openapi.ts.
export interface paths {
    "/cache/{cache}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an item
         * @description Answers the value’s bytes as they were put, under the content type that was put.
         */
        get: operations["getItem"];
        /**
         * Store an item
         * @description Stores the body under the key, over whatever was there. With `condition`, `If-Match` or `If-None-Match` only when all of them hold, which the storage node decides in one step: 204 says stored, 412 says that nothing was changed. A token that may only write cannot put conditions, and gets no entity tag.
         */
        put: operations["putItem"];
        post?: never;
        /**
         * Delete an item
         * @description Answers 204 whether or not there was an item. With conditions, only when all of them hold.
         */
        delete: operations["deleteItem"];
        options?: never;
        /**
         * Read an item’s headers
         * @description As GET, without the value; counts as no use of the item.
         */
        head: operations["headItem"];
        patch?: never;
        trace?: never;
    };
    "/cache/{cache}/increment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add to a counter
         * @description Adds to a decimal signed 64-bit integer, exactly, and answers the sum. A missing item is created at the amount. With `min` or `max` the counter stays as it was when the sum would leave them, and `applied` says so.
         */
        post: operations["incrementItem"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cache/{cache}/get-and-delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Read and delete an item in one step
         * @description Of several callers at once, exactly one gets the value.
         */
        post: operations["getAndDeleteItem"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cache/{cache}/get-and-set": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Store an item and read what was there in one step
         * @description Answers 200 with the value that was replaced, or 204 when there was none. The entity tag is the new item’s.
         */
        post: operations["getAndSetItem"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cache/{cache}/ttl": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an item’s remaining TTL
         * @description In milliseconds. Counts as no use of the item.
         */
        get: operations["getItemTtl"];
        /**
         * Change an item’s TTL
         * @description Sets, only raises or only lowers the remaining TTL; the value stays. A change gives the item a new entity tag.
         */
        put: operations["putItemTtl"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cache/{cache}/type": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an item’s type
         * @description Counts as no use of the item.
         */
        get: operations["getItemType"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cache/{cache}/get": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Read many items
         * @description A hit, miss or error for each key. Values that together are too large for one answer are left out with the error `answer_too_large`. Bytes are `{"text": …}` or `{"base64": …}` in JSON, a bare string standing for text, and byte strings in CBOR.
         */
        post: operations["getItems"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cache/{cache}/exists": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tell which of many items exist
         * @description Counts as no use of the items. Bytes are `{"text": …}` or `{"base64": …}` in JSON, a bare string standing for text, and byte strings in CBOR.
         */
        post: operations["itemsExist"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cache/{cache}/set": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Store many items
         * @description Each with its own TTL, content type and condition. Operations on different keys run at the same time, in no order; those on the same key take effect in the order given, each after the outcome of the one before is known. Bytes are `{"text": …}` or `{"base64": …}` in JSON, a bare string standing for text, and byte strings in CBOR.
         */
        post: operations["setItems"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cache/{cache}/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete many items
         * @description The outcome is the same whether or not there was an item. Bytes are `{"text": …}` or `{"base64": …}` in JSON, a bare string standing for text, and byte strings in CBOR.
         */
        post: operations["deleteItems"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cache/{cache}/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Carry out many operations
         * @description Any of the operations on items, each with an outcome of its own; this is no transaction. Operations on different keys run at the same time, in no order; those on the same key take effect in the order given, each after the outcome of the one before is known. Bytes are `{"text": …}` or `{"base64": …}` in JSON, a bare string standing for text, and byte strings in CBOR.
         */
        post: operations["batchItems"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/topics/{cache}/{topic}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a topic
         * @description With `Accept: text/event-stream` a stream of Server-Sent Events, for `EventSource` and everything like it: each message as it is published, in order, with an id to resume after. Gaps are announced in the stream by `discontinuity` events, ends by `goaway` (connect again) or `end` (the token or the cache is gone). Otherwise a long poll: what there is after the position asked for, or, after a wait, an empty list.
         */
        get: operations["followTopic"];
        put?: never;
        /**
         * Publish a message
         * @description Numbers the message, keeps it for a while, and hands it to whoever follows the topic, in the same order to all. Succeeds whether or not anybody does. Without an `Idempotency-Key` a request that is sent twice publishes twice.
         */
        post: operations["publish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/topics/{cache}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List topics, or follow several
         * @description The topics of a cache that have been used lately, a page at a time. With `Accept: text/event-stream` one stream of several topics, those named by `topic` or all whose names begin with `topic_prefix`, present and to come; events are envelopes that name their topic, and their ids resume each of the topics.
         */
        get: operations["followTopics"];
        put?: never;
        /**
         * Publish many messages
         * @description To one topic or many, each with an outcome of its own. Messages of one topic are numbered in the order given; those of different topics at the same time, in no order. In CBOR a message may also have `bytes`, a byte string.
         */
        post: operations["publishBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/topics/{cache}/{topic}/statistics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Describe a topic
         * @description Position, subscribers, kept messages and rates of a topic. One that nobody publishes to or follows is answered with zeros.
         */
        get: operations["getTopicStatistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/caches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List caches
         * @description The account’s caches by name, with settings, limits and statistics: those that the token may administer (`read`). Answered from what the gateway knows, so it works while the control plane is away.
         */
        get: operations["listCaches"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/caches/{cache}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Describe a cache
         * @description Settings, limits and statistics of a cache.
         */
        get: operations["getCache"];
        /**
         * Create a cache
         * @description Creates the cache with the settings given. One that exists already is answered as it is (200) when it has all the settings that the request names, so creating twice is the same as once; else 409, and nothing is changed.
         */
        put: operations["createCache"];
        post?: never;
        /**
         * Delete a cache
         * @description Deletes the cache with all its items, at once. A cache created later under the name shows nothing of this one.
         */
        delete: operations["deleteCache"];
        options?: never;
        head?: never;
        /**
         * Change a cache’s settings
         * @description Changes the settings that the request names (JSON Merge Patch, RFC 7396): null gives a setting its default again, and those left out stay. Items stored before keep their TTL.
         */
        patch: operations["updateCache"];
        trace?: never;
    };
    "/caches/{cache}/flush": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Empty a cache
         * @description Removes all items of the cache and keeps its settings. Takes the same time however many items there are.
         */
        post: operations["flushCache"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tokens
         * @description The account’s unexpired tokens by `jti`: what they may do and who issued them, never their text.
         */
        get: operations["listTokens"];
        put?: never;
        /**
         * Issue a token
         * @description A token with the rights asked for, which the caller must have itself: never more, and never for longer. The expiry is mandatory. A disposable token has cache and topic rights only, lives 25 hours at most and has no refresh token.
         */
        post: operations["issueToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Renew a token
         * @description A new token of the same grant: same rights, same duration counted from now, but never beyond the end of its issuer. The refresh token is the credential; no other is needed or looked at. It expires with its access token.
         */
        post: operations["refreshToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens/{jti}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a token
         * @description Withdraws the token, its renewals, its refresh tokens and every token issued with it, at every gateway before the answer comes. Revoking twice is the same as once. A token cannot revoke its own issuers, and only a super-user an admin key.
         */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens/keys/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate the signing key
         * @description A new key signs from now on. The one before stays published until the last token that it signed has expired, so no token becomes invalid. Only for the super-user.
         */
        post: operations["rotateKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the public keys
         * @description The keys that tokens of this fleet are signed with, as a JWK Set (RFC 7517): the current one first, then those whose tokens have not all expired.
         */
        get: operations["getJwkSet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/fleet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the status of the fleet
         * @description Its storage nodes with what they hold, and whether every slot has its copies. Needs the right to read operations.
         */
        get: operations["getFleet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/fleet/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read what the planner would do next
         * @description Every step that stands between who holds what now and who should, each with its reason, as if all were done at once; the planner does a bounded number of them at a time. Reading changes nothing. Needs the right to read operations.
         */
        get: operations["getFleetPlan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/fleet/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what happened in the fleet
         * @description Nodes that came, went silent and died, failovers, resets, moves that ended, drains; oldest first. The control plane keeps the last 1,000, and the last 200 over a restart or a change of its leader, data losses before all others; its log has them all. Needs the right to read operations.
         */
        get: operations["listFleetEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/fleet/nodes/{node}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Drain a storage node
         * @description Moves everything off the node while it serves. The answer comes at once; the node is drained when the status of the fleet shows it with no primaries, copies and learners. It stays drained when it restarts. Needs a super-user.
         */
        put: operations["drainNode"];
        post?: never;
        /**
         * Take a storage node into use
         * @description Ends the draining of a node, or takes a spare into use: it gets its share of the slots. Needs a super-user.
         */
        delete: operations["addNode"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/fleet/nodes/{node}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a storage node
         * @description Forgets a node that is drained or dead. One that still holds something is refused, unless `force` says that it is gone for good. A process that still runs registers again: end it first. Needs a super-user.
         */
        delete: operations["removeNode"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/fleet/rebalance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Weigh all storage nodes anew
         * @description Takes the nodes’ memory and load as they are now, forgets that nodes were unsteady, and moves slots to where they then belong. The fleet does this by itself, only slower. Needs a super-user.
         */
        post: operations["rebalanceFleet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ask whether the process runs
         * @description Answers 200 for as long as the gateway process runs, while it drains too. For deciding whether to restart it.
         */
        get: operations["getLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ask whether the gateway takes requests
         * @description Answers 200 while the gateway knows who holds the data and is not draining. For deciding whether to send it requests.
         */
        get: operations["getReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the fleet’s metrics
         * @description Metrics of every process of the fleet in Prometheus’ text format, each with a `process` label; `godwit_process_up` is 0 for one that did not answer. Needs a token with the right to read operations, unless the server is set to show its metrics to anyone (`--metrics open`).
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find the way around
         * @description Says what this server is and where its documentation lies.
         */
        get: operations["getServiceIndex"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.yaml": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This description
         * @description OpenAPI 3.1, from which clients can be generated.
         */
        get: operations["getOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Interactive documentation
         * @description A page that shows this description and tries it out. Everything that it loads comes from this server.
         */
        get: operations["getDocs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/errors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The codes of problem documents
         * @description A page with every code, its status and its meaning. The `type` of a problem document points into it.
         */
        get: operations["getErrorsPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file of the documentation pages
         * @description A script, style sheet or picture.
         */
        get: operations["getDocsFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        BatchAnswer: {
            /** @description In the order of the request. */
            items: (components["schemas"]["BatchHit"] | {
                /** @constant */
                outcome: "miss";
            } | {
                /** @constant */
                outcome: "present";
            } | {
                /** @constant */
                outcome: "absent";
            } | {
                /** @constant */
                outcome: "stored";
                /** @description Of the item stored; null for a token that may only write. */
                etag: string | null;
                /** @description Of `get_and_set`: what was there before, null when nothing was. */
                previous?: {
                    value: components["schemas"]["BytesAnswer"];
                    content_type: string;
                } | null;
            } | {
                /** @constant */
                outcome: "not_stored";
                /** @description The entity tag of what is there, null when nothing is. */
                etag: string | null;
            } | {
                /** @constant */
                outcome: "deleted";
            } | {
                /** @constant */
                outcome: "condition_not_met";
                /** @description The entity tag of what is there, null when nothing is. */
                etag: string | null;
            } | {
                /** @constant */
                outcome: "incremented";
                value: string | null;
                /** @description The entity tag of what is there, null when nothing is. */
                etag: string | null;
                ttl_ms: number | null;
            } | {
                /** @constant */
                outcome: "bound_reached";
                value: string | null;
                /** @description The entity tag of what is there, null when nothing is. */
                etag: string | null;
                ttl_ms: number | null;
            } | {
                /** @constant */
                outcome: "found";
                /** @description The entity tag of what is stored. */
                etag: string;
                /** @description Remaining TTL in milliseconds. */
                ttl_ms: number;
            } | {
                /** @constant */
                outcome: "changed";
                /** @description The entity tag of what is stored. */
                etag: string;
                /** @description Remaining TTL in milliseconds. */
                ttl_ms: number;
            } | {
                /** @constant */
                outcome: "unchanged";
                /** @description The entity tag of what is stored. */
                etag: string;
                /** @description Remaining TTL in milliseconds. */
                ttl_ms: number;
            } | components["schemas"]["BatchError"])[];
        };
        BatchDeleteAnswer: {
            /** @description In the order of the request. */
            items: ({
                /** @constant */
                outcome: "deleted";
            } | components["schemas"]["BatchError"])[];
        };
        /** @description This item failed; the others are not touched by it. */
        BatchError: {
            /** @constant */
            outcome: "error";
            error: {
                title: string;
                /** @description The status that the operation by itself would be answered with. */
                status: number;
                /** @description What is wrong with this request. */
                detail: string;
                code: components["schemas"]["ErrorCode"];
                /** @description Whether the same request may succeed later. */
                retryable: boolean;
                /** @description The limit that the request went over. */
                limit?: number | string;
                /** @description What the request had against the limit. */
                actual?: number | string;
                /**
                 * @description With `outcome_unknown`: the write may or may not have happened.
                 * @constant
                 */
                outcome?: "unknown";
            };
        };
        BatchExistsAnswer: {
            /** @description In the order of the request. */
            items: ({
                /** @constant */
                outcome: "present";
            } | {
                /** @constant */
                outcome: "absent";
            } | components["schemas"]["BatchError"])[];
        };
        BatchGetAnswer: {
            /** @description In the order of the request. */
            items: (components["schemas"]["BatchHit"] | {
                /** @constant */
                outcome: "miss";
            } | components["schemas"]["BatchError"])[];
        };
        BatchHit: {
            /** @constant */
            outcome: "hit";
            value: components["schemas"]["BytesAnswer"];
            content_type: string;
            /** @description The entity tag of what is stored. */
            etag: string;
            /** @description Remaining TTL in milliseconds. */
            ttl_ms: number;
        };
        BatchKeys: {
            keys: components["schemas"]["Bytes"][];
        };
        BatchOperations: {
            operations: ({
                /** @constant */
                op: "get";
                key: components["schemas"]["Bytes"];
            } | {
                /** @constant */
                op: "exists";
                key: components["schemas"]["Bytes"];
            } | {
                /** @constant */
                op: "set";
                key: components["schemas"]["Bytes"];
                value: components["schemas"]["Bytes"];
                /** @description Stored with the value; `application/octet-stream` without. */
                content_type?: string;
                /** @description Time to live in milliseconds. */
                ttl_ms?: number;
                /** @description Time to live in seconds. Give at most one of the two. */
                ttl_seconds?: number;
                /** @description Every part given must hold. */
                condition?: {
                    /**
                     * @description What must hold of the stored value.
                     * @enum {string}
                     */
                    kind?: "absent" | "present" | "equal" | "not_equal" | "present_and_not_equal" | "absent_or_equal";
                    compare?: components["schemas"]["Bytes"];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_match?: string | string[];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_none_match?: string | string[];
                };
            } | {
                /** @constant */
                op: "delete";
                key: components["schemas"]["Bytes"];
                /** @description Every part given must hold. */
                condition?: {
                    /**
                     * @description What must hold of the stored value.
                     * @enum {string}
                     */
                    kind?: "absent" | "present" | "equal" | "not_equal" | "present_and_not_equal" | "absent_or_equal";
                    compare?: components["schemas"]["Bytes"];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_match?: string | string[];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_none_match?: string | string[];
                };
            } | {
                /** @constant */
                op: "get_and_delete";
                key: components["schemas"]["Bytes"];
                /** @description Every part given must hold. */
                condition?: {
                    /**
                     * @description What must hold of the stored value.
                     * @enum {string}
                     */
                    kind?: "absent" | "present" | "equal" | "not_equal" | "present_and_not_equal" | "absent_or_equal";
                    compare?: components["schemas"]["Bytes"];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_match?: string | string[];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_none_match?: string | string[];
                };
            } | {
                /** @constant */
                op: "get_and_set";
                key: components["schemas"]["Bytes"];
                value: components["schemas"]["Bytes"];
                /** @description Stored with the value; `application/octet-stream` without. */
                content_type?: string;
                /** @description Time to live in milliseconds. */
                ttl_ms?: number;
                /** @description Time to live in seconds. Give at most one of the two. */
                ttl_seconds?: number;
                /** @description Every part given must hold. */
                condition?: {
                    /**
                     * @description What must hold of the stored value.
                     * @enum {string}
                     */
                    kind?: "absent" | "present" | "equal" | "not_equal" | "present_and_not_equal" | "absent_or_equal";
                    compare?: components["schemas"]["Bytes"];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_match?: string | string[];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_none_match?: string | string[];
                };
            } | {
                /** @constant */
                op: "increment";
                key: components["schemas"]["Bytes"];
                amount?: components["schemas"]["Int64"] | number;
                min?: components["schemas"]["Int64"] | number;
                max?: components["schemas"]["Int64"] | number;
                /** @description Time to live in milliseconds. */
                ttl_ms?: number;
                /** @description Time to live in seconds. Give at most one of the two. */
                ttl_seconds?: number;
                /** @enum {string} */
                ttl_mode?: "always" | "on_create";
                /** @description Every part given must hold. */
                condition?: {
                    /**
                     * @description What must hold of the stored value.
                     * @enum {string}
                     */
                    kind?: "absent" | "present" | "equal" | "not_equal" | "present_and_not_equal" | "absent_or_equal";
                    compare?: components["schemas"]["Bytes"];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_match?: string | string[];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_none_match?: string | string[];
                };
            } | {
                /** @constant */
                op: "ttl";
                key: components["schemas"]["Bytes"];
                /** @description Time to live in milliseconds. */
                ttl_ms?: number;
                /** @description Time to live in seconds. Give at most one of the two. */
                ttl_seconds?: number;
                /** @enum {string} */
                mode?: "set" | "raise" | "lower";
                /** @description Every part given must hold. */
                condition?: {
                    /**
                     * @description What must hold of the stored value.
                     * @enum {string}
                     */
                    kind?: "absent" | "present" | "equal" | "not_equal" | "present_and_not_equal" | "absent_or_equal";
                    compare?: components["schemas"]["Bytes"];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_match?: string | string[];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_none_match?: string | string[];
                };
            })[];
            /** @description For items without a TTL of their own, in milliseconds. */
            ttl_ms?: number;
            /** @description As `ttl_ms`, in seconds. Give at most one of the two. */
            ttl_seconds?: number;
        };
        BatchPublish: {
            messages: ({
                topic: components["schemas"]["TopicName"];
                text: string;
            } | {
                topic: components["schemas"]["TopicName"];
                /** @description Base64 or base64url, padded or not. */
                base64: string;
            })[];
        };
        BatchPublishAnswer: {
            /** @description In the order of the request. */
            items: ({
                /** @constant */
                outcome: "published";
                /** @description The message’s number in its page, from 1. */
                sequence_number: number;
                /** @description The instance of the topic’s log. */
                sequence_page: number;
            } | components["schemas"]["BatchError"])[];
        };
        BatchSet: {
            items: {
                key: components["schemas"]["Bytes"];
                value: components["schemas"]["Bytes"];
                /** @description Stored with the value; `application/octet-stream` without. */
                content_type?: string;
                /** @description Time to live in milliseconds. */
                ttl_ms?: number;
                /** @description Time to live in seconds. Give at most one of the two. */
                ttl_seconds?: number;
                /** @description Every part given must hold. */
                condition?: {
                    /**
                     * @description What must hold of the stored value.
                     * @enum {string}
                     */
                    kind?: "absent" | "present" | "equal" | "not_equal" | "present_and_not_equal" | "absent_or_equal";
                    compare?: components["schemas"]["Bytes"];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_match?: string | string[];
                    /** @description An entity tag, several in a list, or `*` for any item. */
                    if_none_match?: string | string[];
                };
            }[];
            /** @description For items without a TTL of their own, in milliseconds. */
            ttl_ms?: number;
            /** @description As `ttl_ms`, in seconds. Give at most one of the two. */
            ttl_seconds?: number;
        };
        BatchSetAnswer: {
            /** @description In the order of the request. */
            items: ({
                /** @constant */
                outcome: "stored";
                /** @description Of the item stored; null for a token that may only write. */
                etag: string | null;
            } | {
                /** @constant */
                outcome: "not_stored";
                /** @description The entity tag of what is there, null when nothing is. */
                etag: string | null;
            } | components["schemas"]["BatchError"])[];
        };
        /** @description Bytes: text (its UTF-8), as `{"text": …}` or a bare string, or `{"base64": …}`. In CBOR a byte string as well. */
        Bytes: string | {
            text: string;
        } | {
            /** @description Base64 or base64url, padded or not. */
            base64: string;
        };
        /** @description Bytes: `text` when they are UTF-8 without control characters other than tab, line feed and carriage return, else `base64` (padded). Either is exact. In CBOR a byte string. */
        BytesAnswer: {
            text: string;
        } | {
            base64: string;
        };
        Cache: {
            name: components["schemas"]["CacheName"];
            /** @description Milliseconds since the Unix epoch. */
            created_at_ms: number;
            settings: components["schemas"]["CacheSettings"];
            limits: components["schemas"]["CacheLimits"];
        };
        /** @description What holds in every cache of this server. */
        CacheLimits: {
            /** @description Key and value together. */
            item_size_bytes_max: number;
            key_size_bytes_max: number;
            ttl_ms_max: number;
            batch_items_max: number;
        };
        /** @description Letters, digits and `. _ ~ : -`, at most 128. */
        CacheName: string;
        CachePage: {
            caches: components["schemas"]["CacheWithStatistics"][];
            /** @description Where the next page begins; absent on the last one. */
            next_token?: string;
        };
        CacheSettings: {
            default_ttl_ms: number;
            /** @enum {string} */
            eviction: "evict" | "none";
            value_size_bytes_max: number;
            cache_control: string;
            /** @description Part of the fleet’s memory that other caches cannot push this cache below, in steps of 0.001; 0: none. At most 32 caches of the fleet have one, together at most 0.75. */
            memory_share: number;
            /** @description Messages that each topic keeps for those who come back or begin in the past; 0: none. */
            topic_messages_max: number;
            /** @description How long a topic keeps a message, in milliseconds; 0: not at all. */
            topic_retention_ms: number;
            /** @description Bytes that the kept messages of each topic may take, with what belongs to them. */
            topic_log_bytes_max: number;
            /** @description Bytes of a message. */
            topic_message_bytes_max: number;
            /** @description Copies of a key that must be in sync for a write to be taken; with fewer it is refused with `not_enough_copies`. More than the fleet keeps copies refuses every write. */
            min_in_sync: number;
        };
        CacheSettingsPatch: {
            default_ttl_ms?: number | null;
            eviction?: ("evict" | "none") | null;
            value_size_bytes_max?: number | null;
            cache_control?: string | null;
            memory_share?: number | null;
            topic_messages_max?: number | null;
            topic_retention_ms?: number | null;
            topic_log_bytes_max?: number | null;
            topic_message_bytes_max?: number | null;
            min_in_sync?: number | null;
        };
        /** @description Sums over the storage nodes. Counts begin anew with a flush, and for a node with its start. */
        CacheStatistics: {
            /** @description Items stored. */
            items: number;
            /** @description Bytes of the items, headers and padding included. */
            bytes: number;
            /** @description Reads that found an item. */
            hits: number;
            /** @description Reads that found none. */
            misses: number;
            /** @description Items dropped for want of memory. */
            evictions: number;
            /** @description Items whose TTL ran out. */
            expirations: number;
        };
        CacheWithStatistics: {
            name: components["schemas"]["CacheName"];
            /** @description Milliseconds since the Unix epoch. */
            created_at_ms: number;
            settings: components["schemas"]["CacheSettings"];
            limits: components["schemas"]["CacheLimits"];
            /** @description Null when the storage nodes cannot tell just now. */
            statistics: components["schemas"]["CacheStatistics"] | null;
        };
        Counter: {
            /** @description False when a bound was reached: the counter is as it was. */
            applied: boolean;
            /** @description The counter now, as decimal text; null when there is none. */
            value: string | null;
            etag: string | null;
            /** @description Remaining TTL in milliseconds. */
            ttl_ms: number | null;
        };
        /**
         * @description Stable; made for programs.
         * @enum {string}
         */
        ErrorCode: "invalid_argument" | "malformed_body" | "authentication_required" | "invalid_token" | "permission_denied" | "key_not_found" | "cache_not_found" | "token_not_found" | "node_not_found" | "path_not_found" | "method_not_allowed" | "not_acceptable" | "request_timeout" | "not_an_integer" | "integer_overflow" | "wrong_type" | "cache_settings_differ" | "node_in_use" | "node_id_in_use" | "precondition_failed" | "item_too_large" | "message_too_large" | "body_too_large" | "answer_too_large" | "unsupported_media_type" | "idempotency_key_reused" | "request_head_too_large" | "limit_reached" | "internal_error" | "not_implemented" | "overloaded" | "not_ready" | "storage_unavailable" | "not_enough_copies" | "control_plane_unavailable" | "outcome_unknown" | "deadline_exceeded" | "cache_full";
        Fleet: {
            /** @description Number of the view: of who holds what. Grows with every change. */
            view: number;
            /** @description Copies that each slot should have. */
            replication_factor: number;
            nodes: components["schemas"]["FleetNode"][];
            slots: {
                total: number;
                /** @description With fewer copies in sync than they should have. */
                under_replicated: number;
                /** @description Which nobody is known to serve now. */
                unserved: number;
                /** @description With a copy that is being made, or with one more than they will keep. */
                moving: number;
            };
            /** @description Slots that began anew, empty, because all their copies had ended, since the fleet began: data loss. */
            resets_total: number;
        };
        FleetEvent: {
            /** @description Grows with each event. */
            number: number;
            /** @description Milliseconds since the Unix epoch. */
            at_ms: number;
            /** @description What happened; `reset` is data loss. */
            kind: string;
            node: string | null;
            /** @description How many slots it is about. */
            slots: number | null;
            detail: string;
        };
        FleetEvents: {
            events: components["schemas"]["FleetEvent"][];
        };
        FleetNode: {
            id: string;
            /** @description Of this life: a node that restarts has another one, and is empty. */
            incarnation: string;
            zone: string;
            /** @description Of its internal listener. */
            url: string;
            /**
             * @description `silent`: not heard of, so that others serve in its place; `dead`: has ended for sure; `spare`: kept empty until it is needed.
             * @enum {string}
             */
            state: "joining" | "active" | "spare" | "draining" | "silent" | "dead";
            /** @description It joined as a spare and has not been taken into use. */
            spare: boolean;
            /** @description An operator has it emptied; otherwise one that drains leaves by itself. */
            drained: boolean;
            /** @description Its share of the slots, in proportion to that of others. */
            weight: number;
            /** @description Slots that it serves. */
            primaries: number;
            /** @description Slots of which it holds a copy that is in sync, for another node. */
            copies: number;
            /** @description Slots of which it is being given a copy. */
            learners: number;
            /** @description Null when it has not told since the control plane began to lead. */
            memory_bytes: number | null;
            /** @description Null when it has not told since the control plane began to lead. */
            memory_bytes_used: number | null;
            /** @description Null when it has not told since the control plane began to lead. */
            operations_per_second: number | null;
            /** @description Null when it has not told since the control plane began to lead. */
            heartbeat_age_ms: number | null;
            /** @description Slots that it is to serve and does not yet. */
            not_serving: number;
        };
        FleetPlan: {
            steps_total: number;
            /** @description Steps by kind. */
            counts: {
                [key: string]: number;
            };
            /** @description The first ones. */
            steps: {
                kind: string;
                slot: number;
                /** @description The node that gives the slot up, or its primary now. */
                from: string | null;
                /** @description The node that gets it. */
                to: string | null;
                reason: string;
            }[];
        };
        /**
         * @description A signed 64-bit integer as decimal text.
         * @example 1
         */
        Int64: string;
        IssuedToken: {
            /** @description The access token. Send it as `Authorization: Bearer <token>`. */
            token: string;
            /** @constant */
            token_type: "Bearer";
            /** @description Absent for a disposable token. */
            refresh_token?: string;
            /** @description Id of the grant; the token, its renewals and its revocation share it. */
            jti: string;
            /** @description Seconds since the Unix epoch. */
            expires_at: number | null;
            account: string;
            subject: string;
            token_id?: string;
            disposable: boolean;
            authorization_details: ({
                /** @constant */
                type: "cache";
                cache: "*" | string;
                item?: "*" | {
                    key: string;
                } | {
                    key_base64: string;
                } | {
                    key_prefix: string;
                } | {
                    key_prefix_base64: string;
                };
                actions: ("read" | "write")[];
            } | {
                /** @constant */
                type: "topic";
                cache: "*" | string;
                topic?: "*" | {
                    name: string;
                } | {
                    prefix: string;
                };
                actions: ("publish" | "subscribe")[];
            } | {
                /** @constant */
                type: "administration";
                caches?: "*" | string | {
                    prefix: string;
                };
                actions: ("read" | "write")[];
            } | {
                /** @constant */
                type: "token_issuance";
                actions: ("issue" | "revoke" | "list")[];
            } | {
                /** @constant */
                type: "operations";
                actions: "read"[];
            } | {
                /** @constant */
                type: "super_user";
            })[];
        };
        ItemType: {
            /** @enum {string} */
            type: "scalar";
        };
        Jwk: {
            /** @constant */
            kty: "OKP";
            /** @constant */
            crv: "Ed25519";
            /** @description The public key in base64url. */
            x: string;
            /** @constant */
            alg: "EdDSA";
            /** @constant */
            use: "sig";
            kid: string;
        };
        JwkSet: {
            keys: components["schemas"]["Jwk"][];
        };
        ListedToken: {
            jti: string;
            account: string;
            subject: string;
            description: string | null;
            token_id: string | null;
            disposable: boolean;
            /** @description The `jti` of the token that issued this one. */
            parent: string | null;
            /** @description Seconds since the Unix epoch. */
            issued_at: number;
            /** @description Of the newest renewal; null for the admin key. */
            expires_at: number | null;
            authorization_details: ({
                /** @constant */
                type: "cache";
                cache: "*" | string;
                item?: "*" | {
                    key: string;
                } | {
                    key_base64: string;
                } | {
                    key_prefix: string;
                } | {
                    key_prefix_base64: string;
                };
                actions: ("read" | "write")[];
            } | {
                /** @constant */
                type: "topic";
                cache: "*" | string;
                topic?: "*" | {
                    name: string;
                } | {
                    prefix: string;
                };
                actions: ("publish" | "subscribe")[];
            } | {
                /** @constant */
                type: "administration";
                caches?: "*" | string | {
                    prefix: string;
                };
                actions: ("read" | "write")[];
            } | {
                /** @constant */
                type: "token_issuance";
                actions: ("issue" | "revoke" | "list")[];
            } | {
                /** @constant */
                type: "operations";
                actions: "read"[];
            } | {
                /** @constant */
                type: "super_user";
            })[];
            revoked: boolean;
        };
        Live: {
            /** @constant */
            status: "live";
        };
        NamedCacheSettings: {
            default_ttl_ms?: number;
            /** @enum {string} */
            eviction?: "evict" | "none";
            value_size_bytes_max?: number;
            cache_control?: string;
            /** @description Part of the fleet’s memory that other caches cannot push this cache below, in steps of 0.001; 0: none. At most 32 caches of the fleet have one, together at most 0.75. */
            memory_share?: number;
            /** @description Messages that each topic keeps for those who come back or begin in the past; 0: none. */
            topic_messages_max?: number;
            /** @description How long a topic keeps a message, in milliseconds; 0: not at all. */
            topic_retention_ms?: number;
            /** @description Bytes that the kept messages of each topic may take, with what belongs to them. */
            topic_log_bytes_max?: number;
            /** @description Bytes of a message. */
            topic_message_bytes_max?: number;
            /** @description Copies of a key that must be in sync for a write to be taken; with fewer it is refused with `not_enough_copies`. More than the fleet keeps copies refuses every write. */
            min_in_sync?: number;
        };
        /** @description A refusal, as RFC 9457 problem details. */
        Problem: {
            /**
             * Format: uri-reference
             * @description Where the code is explained, relative to the server.
             */
            type: string;
            title: string;
            status: number;
            /** @description What is wrong with this request. */
            detail: string;
            code: components["schemas"]["ErrorCode"];
            /** @description Whether the same request may succeed later. */
            retryable: boolean;
            /** @description The limit that the request went over. */
            limit?: number | string;
            /** @description What the request had against the limit. */
            actual?: number | string;
            /** @description With `precondition_failed`: the entity tag of what is there, null when nothing is. */
            etag?: string | null;
            /**
             * @description With `outcome_unknown`: the write may or may not have happened.
             * @constant
             */
            outcome?: "unknown";
        };
        Ready: {
            /** @constant */
            status: "ready";
        };
        RotatedKey: {
            /** @description Id of the key that signs from now on. */
            kid: string;
        };
        ServiceIndex: {
            /** @constant */
            service: "godwit";
            links: {
                docs: string;
                openapi: string;
                jwks: string;
                live: string;
                ready: string;
                metrics: string;
            };
        };
        TokenPage: {
            tokens: components["schemas"]["ListedToken"][];
            /** @description Where the next page begins; absent on the last one. */
            next_token?: string;
        };
        TokenRefresh: {
            refresh_token: string;
        };
        TokenRequest: {
            authorization_details: (({
                /** @constant */
                type: "cache";
                cache: "*" | string;
                item?: "*" | {
                    key: string;
                } | {
                    key_base64: string;
                } | {
                    key_prefix: string;
                } | {
                    key_prefix_base64: string;
                };
                actions: ("read" | "write")[];
            } | {
                /** @constant */
                type: "topic";
                cache: "*" | string;
                topic?: "*" | {
                    name: string;
                } | {
                    prefix: string;
                };
                actions: ("publish" | "subscribe")[];
            } | {
                /** @constant */
                type: "administration";
                caches?: "*" | string | {
                    prefix: string;
                };
                actions: ("read" | "write")[];
            } | {
                /** @constant */
                type: "token_issuance";
                actions: ("issue" | "revoke" | "list")[];
            } | {
                /** @constant */
                type: "operations";
                actions: "read"[];
            } | {
                /** @constant */
                type: "super_user";
            }) | ({
                /** @enum {string} */
                role: "readwrite" | "readonly" | "writeonly";
                cache: "*" | string;
                item?: "*" | {
                    key: string;
                } | {
                    key_base64: string;
                } | {
                    key_prefix: string;
                } | {
                    key_prefix_base64: string;
                };
            } | {
                /** @enum {string} */
                role: "publishsubscribe" | "publishonly" | "subscribeonly";
                cache: "*" | string;
                topic?: "*" | {
                    name: string;
                } | {
                    prefix: string;
                };
            }))[];
            expires_in_seconds?: number;
            expires_at?: number;
            disposable?: boolean;
            token_id?: string;
            subject?: string;
            account?: string;
            /** @description For people who read the list of tokens. */
            description?: string;
        };
        TopicItems: {
            items: ({
                item: {
                    topic_sequence_number: number;
                    sequence_page: number;
                    value: {
                        text: string;
                    } | {
                        binary: string;
                    };
                    /** Format: date-time */
                    published_at: string;
                    token_id?: string;
                };
            } | {
                discontinuity: {
                    last_topic_sequence: number;
                    /** @description The number of the next message. */
                    new_topic_sequence: number;
                    new_sequence_page: number;
                };
            })[];
        };
        /** @description Any text without control characters but `.` and `..`, of at most 512 bytes of UTF-8. */
        TopicName: string;
        TopicPage: {
            topics: components["schemas"]["TopicStatistics"][];
            /** @description Where the next page begins; absent on the last one. */
            next_token?: string;
        };
        /** @description What its storage node tells of a topic. */
        TopicStatistics: {
            topic: components["schemas"]["TopicName"];
            /** @description 0 for a topic that is not known. */
            sequence_page: number;
            /** @description Of the last message; 0 when there was none. */
            sequence_number: number;
            /** @description Streams and polls that follow it now, at all gateways. */
            subscribers: number;
            /** @description Messages kept for those who come back. */
            retained_messages: number;
            /** @description Bytes that they take, with what belongs to them. */
            retained_bytes: number;
            /** @description Average of the last minute. */
            messages_per_second: number;
            /** @description Average of the last minute. */
            bytes_per_second: number;
        };
        Ttl: {
            /** @description Remaining TTL in milliseconds. */
            ttl_ms: number;
        };
        TtlChange: {
            /** @description False when `raise` or `lower` found the TTL beyond already. */
            changed: boolean;
            /** @description Remaining TTL in milliseconds. */
            ttl_ms: number;
        };
    };
    responses: {
        /**
         * @description `authentication_required`: The request carries no token.
         *
         *     `invalid_token`: The token is malformed, expired, revoked, not signed by this fleet, or was sent with another scheme than Bearer. The reason is not told.
         */
        AuthenticationRequiredOrInvalidToken: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "WWW-Authenticate": components["headers"]["WWWAuthenticate"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `body_too_large`: The body is larger than this operation reads; nothing was done. */
        BodyTooLarge: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `cache_full`: There is no room, and what is there may not be evicted: the cache does not evict, or the memory is other caches’ by their settings. Nothing was stored. */
        CacheFull: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `cache_not_found`: The account has no cache of this name. Create it with `PUT /caches/{cache}`. */
        CacheNotFound: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `cache_settings_differ`: The cache exists with other settings than the request names. Change them with `PATCH /caches/{cache}`. */
        CacheSettingsDiffer: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `deadline_exceeded`: The read was not answered before the deadline. */
        DeadlineExceeded: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `idempotency_key_reused`: The `Idempotency-Key` was used with another request inside its window; nothing was done. */
        IdempotencyKeyReused: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `internal_error`: The server failed in a way it should not have. The request id finds it in the logs. */
        InternalError: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `invalid_argument`: A parameter, header or field is missing, malformed or out of range; `detail` names it, `limit` and `actual` give the numbers where there are any. */
        InvalidArgument: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_argument`: A parameter, header or field is missing, malformed or out of range; `detail` names it, `limit` and `actual` give the numbers where there are any.
         *
         *     `malformed_body`: The body is not valid JSON or CBOR, is nested too deeply, or does not have the documented shape.
         */
        InvalidArgumentOrMalformedBody: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `invalid_token`: The token is malformed, expired, revoked, not signed by this fleet, or was sent with another scheme than Bearer. The reason is not told. */
        InvalidToken: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "WWW-Authenticate": components["headers"]["WWWAuthenticate"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `item_too_large`: Key and value, or a value under its cache’s own limit, are larger than allowed; nothing was stored. */
        ItemTooLarge: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `key_not_found`: The cache holds no live item under this key.
         *
         *     `cache_not_found`: The account has no cache of this name. Create it with `PUT /caches/{cache}`.
         */
        KeyNotFoundOrCacheNotFound: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "Cache-Status": components["headers"]["CacheStatus"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `limit_reached`: The account holds as many caches or tokens as it may, or the fleet has no such share of its memory left to give. */
        LimitReached: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `message_too_large`: The message is larger than its cache’s setting `topic_message_bytes_max`; it was not published. */
        MessageTooLarge: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `node_in_use`: The storage node holds what no other one can take over, or would have to be drained first; `detail` says which. Nothing was done. */
        NodeInUse: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `node_not_found`: The fleet has no storage node of this name. */
        NodeNotFound: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not_acceptable`: The `Accept` header rules out every representation that the operation has. */
        NotAcceptable: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `not_an_integer`: Increment found a value that is not a decimal signed 64-bit integer; the value is kept.
         *
         *     `integer_overflow`: The sum does not fit a signed 64-bit integer; the value is kept.
         */
        NotAnIntegerOrIntegerOverflow: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                ETag: components["headers"]["ETag"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not_ready`: The gateway should not be sent requests: it is draining, or does not know yet who holds the data. */
        NotReady: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `outcome_unknown`: The connection to storage broke after the write was sent: it may or may not have happened. With an `Idempotency-Key` it is safe to send again. */
        OutcomeUnknown: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `overloaded`: A queue is at its bound, or the server is shutting down. Nothing was done; `Retry-After` says when to come back. */
        Overloaded: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `overloaded`: A queue is at its bound, or the server is shutting down. Nothing was done; `Retry-After` says when to come back.
         *
         *     `control_plane_unavailable`: The control plane could not be reached. Caches keep serving; administration has to wait. Nothing was done.
         */
        OverloadedOrControlPlaneUnavailable: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `overloaded`: A queue is at its bound, or the server is shutting down. Nothing was done; `Retry-After` says when to come back.
         *
         *     `storage_unavailable`: The storage node of this key could not be reached before the deadline. Nothing was done.
         */
        OverloadedOrStorageUnavailable: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `overloaded`: A queue is at its bound, or the server is shutting down. Nothing was done; `Retry-After` says when to come back.
         *
         *     `storage_unavailable`: The storage node of this key could not be reached before the deadline. Nothing was done.
         *
         *     `not_enough_copies`: Fewer copies of the key’s slot are in sync than the cache’s setting `min_in_sync` demands. Nothing was done; a copy that was lost is replaced by the fleet.
         *
         *     `control_plane_unavailable`: The control plane could not be reached. Caches keep serving; administration has to wait. Nothing was done.
         */
        OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `path_not_found`: No operation has this path. */
        PathNotFound: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `permission_denied`: The token does not grant this operation on this cache, key or topic. */
        PermissionDenied: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `precondition_failed`: A condition of the write did not hold, so nothing was stored. `ETag` and `etag` give the version that is there, when one is. */
        PreconditionFailed: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                ETag: components["headers"]["ETag"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `request_head_too_large`: The request line and headers together are larger than the server reads. */
        RequestHeadTooLarge: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `request_timeout`: The request did not arrive completely in time. */
        RequestTimeout: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `token_not_found`: No unexpired token with this id was issued for the account. */
        TokenNotFound: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unsupported_media_type`: The body’s `Content-Type` or `Content-Encoding` is not one that the operation reads. */
        UnsupportedMediaType: {
            headers: {
                "Cache-Control": components["headers"]["CacheControl"];
                "X-Request-Id": components["headers"]["XRequestId"];
                "Server-Timing": components["headers"]["ServerTiming"];
                "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                Vary: components["headers"]["Vary"];
                "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description Account of the tokens, when it is not the caller’s own. Only for the super-user. */
        Account: string;
        /**
         * @description What to add; may be negative or 0. Default 1.
         * @example 1
         */
        Amount: components["schemas"]["Int64"];
        /**
         * @description Name of the cache.
         * @example default
         */
        Cache: components["schemas"]["CacheName"];
        /** @description Whether heartbeats are `checkpoint` events, which tell the position, instead of comments. */
        Checkpoints: boolean;
        /** @description Value to compare with, as text. */
        Compare: string;
        /** @description Value to compare with, as base64 or base64url. */
        CompareBase64: string;
        /** @description What must hold of the stored value for the write to happen. The four that compare take the value to compare from `compare`, `compare_base64` or `Godwit-Compare-Length`. */
        Condition: "absent" | "present" | "equal" | "not_equal" | "present_and_not_equal" | "absent_or_equal";
        /**
         * @description Name of the file.
         * @example start.js
         */
        File: string;
        /** @description The node has ended and will not come back: what only it held is given up, and those slots begin anew, empty. */
        Force: boolean;
        /** @description `plain`: the text is the event’s data, bytes are base64 in events of type `binary`. `json`: an envelope that also tells number, page, time and publisher. Default `plain`, with several topics `json`. */
        Format: "plain" | "json";
        /** @description Bytes at the start of the body that are the value to compare with; the rest is the value to store. */
        GodwitCompareLength: number;
        /** @description How often a heartbeat is sent, in seconds; 15 when absent. */
        HeartbeatSeconds: number;
        /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
        IdempotencyKey: string;
        /** @description Only when the item has one of these entity tags, or exists (`*`). RFC 9110 §13.1.1. */
        IfMatch: string;
        /** @description Only when the item has none of these entity tags, or does not exist (`*`). RFC 9110 §13.1.2. */
        IfNoneMatch: string;
        /**
         * @description Id of the token, as issuing and listing tell it.
         * @example 5f0c9a52-4f0b-4c8e-9a34-0d1f6f7f2c11
         */
        Jti: string;
        /**
         * @description The key as text; its UTF-8 bytes are the key.
         * @example hello
         */
        Key: string;
        /** @description The key as base64 or base64url, padded or not. Give either this or `key`. */
        KeyBase64: string;
        /** @description The id of the last event received, as browsers send it when they reconnect. Wins over every other position. One that this server never gave out is a position that is not known: a discontinuity says so. */
        LastEventID: string;
        /** @description The id of the last event received: the stream goes on after it. For clients that cannot send the header. */
        LastEventId: string;
        /**
         * @description Entries in the page; 100 when not given. A page may hold fewer, even when others follow.
         * @example 100
         */
        Limit: number;
        /**
         * @description How many of the newest events.
         * @example 50
         */
        Limit2: number;
        /** @description The counter stays as it is when the sum would be above. */
        Max: components["schemas"]["Int64"];
        /** @description The counter stays as it is when the sum would be below. */
        Min: components["schemas"]["Int64"];
        /** @description `set` (default): in any case; `raise`: only to a longer TTL; `lower`: only to a shorter one. */
        Mode: "set" | "raise" | "lower";
        /** @description The `next_token` of the page before; left out for the first page. */
        NextToken: string;
        /**
         * @description Name of a storage node, as the status of the fleet tells it.
         * @example a-1
         */
        Node: string;
        /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
        ReadConcern: "consistent" | "balanced";
        /** @description Number of the message wanted next: the last one received and one; 0: from now on. */
        SequenceNumber: number;
        /** @description The page that the number is of, as received; 0: not known, and the number is taken for one of the current page. */
        SequencePage: number;
        /**
         * @description Where to begin when no position is given: `latest` (default): with what is published from now on; `earliest`: with the oldest message kept; `-N`: with the last N that are kept.
         * @example latest
         */
        Start: string;
        /**
         * @description Name of the topic, percent-encoded; `%2F` is a slash inside the name. A topic needs no creation.
         * @example news
         */
        Topic: components["schemas"]["TopicName"];
        /** @description A topic to follow; given once for each, at most 32 times. For streams only. */
        Topic2: string[];
        /**
         * @description What the names of the topics begin with; the token has to be allowed to subscribe to all such topics.
         * @example chat-
         */
        TopicPrefix: string;
        /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
        Traceparent: string;
        /** @description `always` (default): each increment sets the TTL; `on_create`: only the one that creates the counter. */
        TtlMode: "always" | "on_create";
        /** @description Time to live in milliseconds. */
        TtlMs: number;
        /**
         * @description Time to live in seconds. Give at most one of `ttl_seconds` and `ttl_ms`; without either the cache’s default holds.
         * @example 60
         */
        TtlSeconds: number;
        /** @description How long a poll waits for a first message, in seconds; 25 when absent. */
        WaitSeconds: number;
        /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
        XRequestId: string;
    };
    requestBodies: never;
    headers: {
        /** @description Given to browsers from an origin that the server allows. */
        AccessControlAllowOrigin: string;
        /** @description Goes with `Access-Control-Allow-Origin`. */
        AccessControlExposeHeaders: string;
        /**
         * @description `no-store`, save for items of a cache whose settings say otherwise.
         * @example no-store
         */
        CacheControl: string;
        /**
         * @description Whether there was an item, and its remaining TTL in seconds (RFC 9211).
         * @example godwit; hit; ttl=59
         */
        CacheStatus: string;
        /** @description `gzip` when a large answer was compressed. */
        ContentEncoding: "gzip";
        /** @description Keeps a browser from doing anything active with what it is shown. */
        ContentSecurityPolicy: string;
        /**
         * @description Strong entity tag of the item’s version (RFC 9110 §8.8.3). Grows with every write.
         * @example "1-42"
         */
        ETag: string;
        /** @description When the item expires, to the second (RFC 9111 §5.3). */
        Expires: string;
        /**
         * @description The number to ask for next, of the page in `Godwit-Sequence-Page`: a poll from there misses nothing.
         * @example 18
         */
        GodwitNextSequenceNumber: number;
        /**
         * @description The number of a message in its sequence page, from 1.
         * @example 17
         */
        GodwitSequenceNumber: number;
        /**
         * @description The instance of a topic’s log; another page says that the log was lost and restarted.
         * @example 1879048192000001
         */
        GodwitSequencePage: number;
        /**
         * @description The item’s remaining TTL in milliseconds.
         * @example 59990
         */
        GodwitTtlMs: number;
        /** @description `true` when this is the first answer to the `Idempotency-Key`, given again. */
        IdempotentReplayed: "true";
        /**
         * @description Seconds after which to come back (RFC 9110 §10.2.3).
         * @example 1
         */
        RetryAfter: number;
        /**
         * @description Time in the gateway and in storage nodes, in milliseconds.
         * @example gateway;dur=0.21, node;dur=0.04
         */
        ServerTiming: string;
        /** @description Request headers that the answer depends on. */
        Vary: string;
        /**
         * @description The challenge of RFC 6750 §3.
         * @example Bearer realm="godwit"
         */
        WWWAuthenticate: string;
        /** @description Tells proxies of nginx’s kind to hand on a stream as it comes. */
        XAccelBuffering: "no";
        /** @description Always `nosniff`. */
        XContentTypeOptions: "nosniff";
        /** @description Names the request in the logs: the caller’s own id when it sent a plain one, else a new one. */
        XRequestId: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getItem: {
        parameters: {
            query?: {
                /**
                 * @description The key as text; its UTF-8 bytes are the key.
                 * @example hello
                 */
                key?: components["parameters"]["Key"];
                /** @description The key as base64 or base64url, padded or not. Give either this or `key`. */
                key_base64?: components["parameters"]["KeyBase64"];
            };
            header?: {
                /** @description Only when the item has one of these entity tags, or exists (`*`). RFC 9110 §13.1.1. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description Only when the item has none of these entity tags, or does not exist (`*`). RFC 9110 §13.1.2. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The value. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Cache-Status": components["headers"]["CacheStatus"];
                    Expires: components["headers"]["Expires"];
                    "Godwit-Ttl-Ms": components["headers"]["GodwitTtlMs"];
                    "Content-Security-Policy": components["headers"]["ContentSecurityPolicy"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": BodyInit;
                };
            };
            /** @description The item still has one of the entity tags in `If-None-Match`. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Cache-Status": components["headers"]["CacheStatus"];
                    Expires: components["headers"]["Expires"];
                    "Godwit-Ttl-Ms": components["headers"]["GodwitTtlMs"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["KeyNotFoundOrCacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailable"];
            504: components["responses"]["DeadlineExceeded"];
        };
    };
    putItem: {
        parameters: {
            query?: {
                /**
                 * @description The key as text; its UTF-8 bytes are the key.
                 * @example hello
                 */
                key?: components["parameters"]["Key"];
                /** @description The key as base64 or base64url, padded or not. Give either this or `key`. */
                key_base64?: components["parameters"]["KeyBase64"];
                /**
                 * @description Time to live in seconds. Give at most one of `ttl_seconds` and `ttl_ms`; without either the cache’s default holds.
                 * @example 60
                 */
                ttl_seconds?: components["parameters"]["TtlSeconds"];
                /** @description Time to live in milliseconds. */
                ttl_ms?: components["parameters"]["TtlMs"];
                /** @description What must hold of the stored value for the write to happen. The four that compare take the value to compare from `compare`, `compare_base64` or `Godwit-Compare-Length`. */
                condition?: components["parameters"]["Condition"];
                /** @description Value to compare with, as text. */
                compare?: components["parameters"]["Compare"];
                /** @description Value to compare with, as base64 or base64url. */
                compare_base64?: components["parameters"]["CompareBase64"];
            };
            header?: {
                /** @description Only when the item has one of these entity tags, or exists (`*`). RFC 9110 §13.1.1. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description Only when the item has none of these entity tags, or does not exist (`*`). RFC 9110 §13.1.2. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
                /** @description Bytes at the start of the body that are the value to compare with; the rest is the value to store. */
                "Godwit-Compare-Length"?: components["parameters"]["GodwitCompareLength"];
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        /** @description The value, any bytes; none is an empty value. Its `Content-Type` is stored and answered by GET. At most 5,242,880 bytes. */
        requestBody?: {
            content: {
                "*/*": BodyInit;
            };
        };
        responses: {
            /** @description Stored. */
            204: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ItemTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
            507: components["responses"]["CacheFull"];
        };
    };
    deleteItem: {
        parameters: {
            query?: {
                /**
                 * @description The key as text; its UTF-8 bytes are the key.
                 * @example hello
                 */
                key?: components["parameters"]["Key"];
                /** @description The key as base64 or base64url, padded or not. Give either this or `key`. */
                key_base64?: components["parameters"]["KeyBase64"];
                /** @description What must hold of the stored value for the write to happen. The four that compare take the value to compare from `compare`, `compare_base64` or `Godwit-Compare-Length`. */
                condition?: components["parameters"]["Condition"];
                /** @description Value to compare with, as text. */
                compare?: components["parameters"]["Compare"];
                /** @description Value to compare with, as base64 or base64url. */
                compare_base64?: components["parameters"]["CompareBase64"];
            };
            header?: {
                /** @description Only when the item has one of these entity tags, or exists (`*`). RFC 9110 §13.1.1. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description Only when the item has none of these entity tags, or does not exist (`*`). RFC 9110 §13.1.2. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is no item under the key any more. */
            204: {
                headers: {
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    headItem: {
        parameters: {
            query?: {
                /**
                 * @description The key as text; its UTF-8 bytes are the key.
                 * @example hello
                 */
                key?: components["parameters"]["Key"];
                /** @description The key as base64 or base64url, padded or not. Give either this or `key`. */
                key_base64?: components["parameters"]["KeyBase64"];
            };
            header?: {
                /** @description Only when the item has one of these entity tags, or exists (`*`). RFC 9110 §13.1.1. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description Only when the item has none of these entity tags, or does not exist (`*`). RFC 9110 §13.1.2. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The headers that GET would answer. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Cache-Status": components["headers"]["CacheStatus"];
                    Expires: components["headers"]["Expires"];
                    "Godwit-Ttl-Ms": components["headers"]["GodwitTtlMs"];
                    "Content-Security-Policy": components["headers"]["ContentSecurityPolicy"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": BodyInit;
                };
            };
            /** @description The item still has one of the entity tags in `If-None-Match`. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Cache-Status": components["headers"]["CacheStatus"];
                    Expires: components["headers"]["Expires"];
                    "Godwit-Ttl-Ms": components["headers"]["GodwitTtlMs"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["KeyNotFoundOrCacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailable"];
            504: components["responses"]["DeadlineExceeded"];
        };
    };
    incrementItem: {
        parameters: {
            query?: {
                /**
                 * @description The key as text; its UTF-8 bytes are the key.
                 * @example hello
                 */
                key?: components["parameters"]["Key"];
                /** @description The key as base64 or base64url, padded or not. Give either this or `key`. */
                key_base64?: components["parameters"]["KeyBase64"];
                /**
                 * @description What to add; may be negative or 0. Default 1.
                 * @example 1
                 */
                amount?: components["parameters"]["Amount"];
                /** @description The counter stays as it is when the sum would be below. */
                min?: components["parameters"]["Min"];
                /** @description The counter stays as it is when the sum would be above. */
                max?: components["parameters"]["Max"];
                /**
                 * @description Time to live in seconds. Give at most one of `ttl_seconds` and `ttl_ms`; without either the cache’s default holds.
                 * @example 60
                 */
                ttl_seconds?: components["parameters"]["TtlSeconds"];
                /** @description Time to live in milliseconds. */
                ttl_ms?: components["parameters"]["TtlMs"];
                /** @description `always` (default): each increment sets the TTL; `on_create`: only the one that creates the counter. */
                ttl_mode?: components["parameters"]["TtlMode"];
            };
            header?: {
                /** @description Only when the item has one of these entity tags, or exists (`*`). RFC 9110 §13.1.1. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description Only when the item has none of these entity tags, or does not exist (`*`). RFC 9110 §13.1.2. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The counter. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Counter"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["NotAnIntegerOrIntegerOverflow"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
            507: components["responses"]["CacheFull"];
        };
    };
    getAndDeleteItem: {
        parameters: {
            query?: {
                /**
                 * @description The key as text; its UTF-8 bytes are the key.
                 * @example hello
                 */
                key?: components["parameters"]["Key"];
                /** @description The key as base64 or base64url, padded or not. Give either this or `key`. */
                key_base64?: components["parameters"]["KeyBase64"];
            };
            header?: {
                /** @description Only when the item has one of these entity tags, or exists (`*`). RFC 9110 §13.1.1. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description Only when the item has none of these entity tags, or does not exist (`*`). RFC 9110 §13.1.2. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The value that was there. It is gone now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Cache-Status": components["headers"]["CacheStatus"];
                    Expires: components["headers"]["Expires"];
                    "Godwit-Ttl-Ms": components["headers"]["GodwitTtlMs"];
                    "Content-Security-Policy": components["headers"]["ContentSecurityPolicy"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": BodyInit;
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["KeyNotFoundOrCacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    getAndSetItem: {
        parameters: {
            query?: {
                /**
                 * @description The key as text; its UTF-8 bytes are the key.
                 * @example hello
                 */
                key?: components["parameters"]["Key"];
                /** @description The key as base64 or base64url, padded or not. Give either this or `key`. */
                key_base64?: components["parameters"]["KeyBase64"];
                /**
                 * @description Time to live in seconds. Give at most one of `ttl_seconds` and `ttl_ms`; without either the cache’s default holds.
                 * @example 60
                 */
                ttl_seconds?: components["parameters"]["TtlSeconds"];
                /** @description Time to live in milliseconds. */
                ttl_ms?: components["parameters"]["TtlMs"];
            };
            header?: {
                /** @description Only when the item has one of these entity tags, or exists (`*`). RFC 9110 §13.1.1. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description Only when the item has none of these entity tags, or does not exist (`*`). RFC 9110 §13.1.2. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        /** @description The value, any bytes; none is an empty value. Its `Content-Type` is stored and answered by GET. At most 5,242,880 bytes. */
        requestBody?: {
            content: {
                "*/*": BodyInit;
            };
        };
        responses: {
            /** @description Stored; the value that was there before. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Security-Policy": components["headers"]["ContentSecurityPolicy"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": BodyInit;
                };
            };
            /** @description Stored; there was nothing before. */
            204: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ItemTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
            507: components["responses"]["CacheFull"];
        };
    };
    getItemTtl: {
        parameters: {
            query?: {
                /**
                 * @description The key as text; its UTF-8 bytes are the key.
                 * @example hello
                 */
                key?: components["parameters"]["Key"];
                /** @description The key as base64 or base64url, padded or not. Give either this or `key`. */
                key_base64?: components["parameters"]["KeyBase64"];
            };
            header?: {
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The TTL. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ttl"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["KeyNotFoundOrCacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailable"];
            504: components["responses"]["DeadlineExceeded"];
        };
    };
    putItemTtl: {
        parameters: {
            query?: {
                /**
                 * @description The key as text; its UTF-8 bytes are the key.
                 * @example hello
                 */
                key?: components["parameters"]["Key"];
                /** @description The key as base64 or base64url, padded or not. Give either this or `key`. */
                key_base64?: components["parameters"]["KeyBase64"];
                /**
                 * @description Time to live in seconds. Give at most one of `ttl_seconds` and `ttl_ms`; without either the cache’s default holds.
                 * @example 60
                 */
                ttl_seconds?: components["parameters"]["TtlSeconds"];
                /** @description Time to live in milliseconds. */
                ttl_ms?: components["parameters"]["TtlMs"];
                /** @description `set` (default): in any case; `raise`: only to a longer TTL; `lower`: only to a shorter one. */
                mode?: components["parameters"]["Mode"];
            };
            header?: {
                /** @description Only when the item has one of these entity tags, or exists (`*`). RFC 9110 §13.1.1. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description Only when the item has none of these entity tags, or does not exist (`*`). RFC 9110 §13.1.2. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The TTL now, and whether it was changed. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TtlChange"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["KeyNotFoundOrCacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
            507: components["responses"]["CacheFull"];
        };
    };
    getItemType: {
        parameters: {
            query?: {
                /**
                 * @description The key as text; its UTF-8 bytes are the key.
                 * @example hello
                 */
                key?: components["parameters"]["Key"];
                /** @description The key as base64 or base64url, padded or not. Give either this or `key`. */
                key_base64?: components["parameters"]["KeyBase64"];
            };
            header?: {
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The type. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemType"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["KeyNotFoundOrCacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailable"];
            504: components["responses"]["DeadlineExceeded"];
        };
    };
    getItems: {
        parameters: {
            query?: never;
            header?: {
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        /** @description The keys, at most 1000. At most 25,165,824 bytes. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchKeys"];
                "application/cbor": components["schemas"]["BatchKeys"];
            };
        };
        responses: {
            /** @description An outcome for each item, in the order of the request, whether or not some of them failed. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchGetAnswer"];
                    "application/cbor": components["schemas"]["BatchGetAnswer"];
                };
            };
            400: components["responses"]["InvalidArgumentOrMalformedBody"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            406: components["responses"]["NotAcceptable"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    itemsExist: {
        parameters: {
            query?: never;
            header?: {
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        /** @description The keys, at most 1000. At most 25,165,824 bytes. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchKeys"];
                "application/cbor": components["schemas"]["BatchKeys"];
            };
        };
        responses: {
            /** @description An outcome for each item, in the order of the request, whether or not some of them failed. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchExistsAnswer"];
                    "application/cbor": components["schemas"]["BatchExistsAnswer"];
                };
            };
            400: components["responses"]["InvalidArgumentOrMalformedBody"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            406: components["responses"]["NotAcceptable"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    setItems: {
        parameters: {
            query?: never;
            header?: {
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        /** @description The items, at most 1000. At most 25,165,824 bytes. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchSet"];
                "application/cbor": components["schemas"]["BatchSet"];
            };
        };
        responses: {
            /** @description An outcome for each item, in the order of the request, whether or not some of them failed. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchSetAnswer"];
                    "application/cbor": components["schemas"]["BatchSetAnswer"];
                };
            };
            400: components["responses"]["InvalidArgumentOrMalformedBody"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            406: components["responses"]["NotAcceptable"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    deleteItems: {
        parameters: {
            query?: never;
            header?: {
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        /** @description The keys, at most 1000. At most 25,165,824 bytes. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchKeys"];
                "application/cbor": components["schemas"]["BatchKeys"];
            };
        };
        responses: {
            /** @description An outcome for each item, in the order of the request, whether or not some of them failed. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchDeleteAnswer"];
                    "application/cbor": components["schemas"]["BatchDeleteAnswer"];
                };
            };
            400: components["responses"]["InvalidArgumentOrMalformedBody"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            406: components["responses"]["NotAcceptable"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    batchItems: {
        parameters: {
            query?: never;
            header?: {
                /** @description For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown. */
                "Read-Concern"?: components["parameters"]["ReadConcern"];
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        /** @description The operations, at most 1000. At most 25,165,824 bytes. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchOperations"];
                "application/cbor": components["schemas"]["BatchOperations"];
            };
        };
        responses: {
            /** @description An outcome for each item, in the order of the request, whether or not some of them failed. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                    "application/cbor": components["schemas"]["BatchAnswer"];
                };
            };
            400: components["responses"]["InvalidArgumentOrMalformedBody"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            406: components["responses"]["NotAcceptable"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    followTopic: {
        parameters: {
            query?: {
                /** @description The id of the last event received: the stream goes on after it. For clients that cannot send the header. */
                last_event_id?: components["parameters"]["LastEventId"];
                /**
                 * @description Where to begin when no position is given: `latest` (default): with what is published from now on; `earliest`: with the oldest message kept; `-N`: with the last N that are kept.
                 * @example latest
                 */
                start?: components["parameters"]["Start"];
                /** @description `plain`: the text is the event’s data, bytes are base64 in events of type `binary`. `json`: an envelope that also tells number, page, time and publisher. Default `plain`, with several topics `json`. */
                format?: components["parameters"]["Format"];
                /** @description Whether heartbeats are `checkpoint` events, which tell the position, instead of comments. */
                checkpoints?: components["parameters"]["Checkpoints"];
                /** @description How often a heartbeat is sent, in seconds; 15 when absent. */
                heartbeat_seconds?: components["parameters"]["HeartbeatSeconds"];
                /** @description Number of the message wanted next: the last one received and one; 0: from now on. */
                sequence_number?: components["parameters"]["SequenceNumber"];
                /** @description The page that the number is of, as received; 0: not known, and the number is taken for one of the current page. */
                sequence_page?: components["parameters"]["SequencePage"];
                /** @description How long a poll waits for a first message, in seconds; 25 when absent. */
                wait_seconds?: components["parameters"]["WaitSeconds"];
            };
            header?: {
                /** @description The id of the last event received, as browsers send it when they reconnect. Wins over every other position. One that this server never gave out is a position that is not known: a discontinuity says so. */
                "Last-Event-ID"?: components["parameters"]["LastEventID"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
                /**
                 * @description Name of the topic, percent-encoded; `%2F` is a slash inside the name. A topic needs no creation.
                 * @example news
                 */
                topic: components["parameters"]["Topic"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream of events, or what a poll found. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "X-Accel-Buffering": components["headers"]["XAccelBuffering"];
                    "Godwit-Next-Sequence-Number": components["headers"]["GodwitNextSequenceNumber"];
                    "Godwit-Sequence-Page": components["headers"]["GodwitSequencePage"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TopicItems"];
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    publish: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
                /**
                 * @description Name of the topic, percent-encoded; `%2F` is a slash inside the name. A topic needs no creation.
                 * @example news
                 */
                topic: components["parameters"]["Topic"];
            };
            cookie?: never;
        };
        /** @description The message. `text/*` has to be UTF-8 and stays text; `application/octet-stream` is bytes; under any other type, or none, it is text when it is UTF-8. A cache takes messages up to its setting `topic_message_bytes_max`. At most 5,242,880 bytes. */
        requestBody?: {
            content: {
                "*/*": BodyInit;
            };
        };
        responses: {
            /** @description Published. */
            204: {
                headers: {
                    "Godwit-Sequence-Number": components["headers"]["GodwitSequenceNumber"];
                    "Godwit-Sequence-Page": components["headers"]["GodwitSequencePage"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["MessageTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    followTopics: {
        parameters: {
            query?: {
                /**
                 * @description What the names of the topics begin with; the token has to be allowed to subscribe to all such topics.
                 * @example chat-
                 */
                topic_prefix?: components["parameters"]["TopicPrefix"];
                /**
                 * @description Entries in the page; 100 when not given. A page may hold fewer, even when others follow.
                 * @example 100
                 */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_token` of the page before; left out for the first page. */
                next_token?: components["parameters"]["NextToken"];
                /** @description A topic to follow; given once for each, at most 32 times. For streams only. */
                topic?: components["parameters"]["Topic2"];
                /** @description The id of the last event received: the stream goes on after it. For clients that cannot send the header. */
                last_event_id?: components["parameters"]["LastEventId"];
                /**
                 * @description Where to begin when no position is given: `latest` (default): with what is published from now on; `earliest`: with the oldest message kept; `-N`: with the last N that are kept.
                 * @example latest
                 */
                start?: components["parameters"]["Start"];
                /** @description `plain`: the text is the event’s data, bytes are base64 in events of type `binary`. `json`: an envelope that also tells number, page, time and publisher. Default `plain`, with several topics `json`. */
                format?: components["parameters"]["Format"];
                /** @description Whether heartbeats are `checkpoint` events, which tell the position, instead of comments. */
                checkpoints?: components["parameters"]["Checkpoints"];
                /** @description How often a heartbeat is sent, in seconds; 15 when absent. */
                heartbeat_seconds?: components["parameters"]["HeartbeatSeconds"];
            };
            header?: {
                /** @description The id of the last event received, as browsers send it when they reconnect. Wins over every other position. One that this server never gave out is a position that is not known: a discontinuity says so. */
                "Last-Event-ID"?: components["parameters"]["LastEventID"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of topics, in the order of their names’ bytes. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "X-Accel-Buffering": components["headers"]["XAccelBuffering"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TopicPage"];
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailable"];
            504: components["responses"]["DeadlineExceeded"];
        };
    };
    publishBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        /** @description The messages, at most 1000. At most 25,165,824 bytes. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchPublish"];
                "application/cbor": components["schemas"]["BatchPublish"];
            };
        };
        responses: {
            /** @description An outcome for each message, in the order of the request, whether or not some of them failed. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchPublishAnswer"];
                    "application/cbor": components["schemas"]["BatchPublishAnswer"];
                };
            };
            400: components["responses"]["InvalidArgumentOrMalformedBody"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            406: components["responses"]["NotAcceptable"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailableOrNotEnoughCopiesOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    getTopicStatistics: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
                /**
                 * @description Name of the topic, percent-encoded; `%2F` is a slash inside the name. A topic needs no creation.
                 * @example news
                 */
                topic: components["parameters"]["Topic"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The topic. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TopicStatistics"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrStorageUnavailable"];
            504: components["responses"]["DeadlineExceeded"];
        };
    };
    listCaches: {
        parameters: {
            query?: {
                /**
                 * @description Entries in the page; 100 when not given. A page may hold fewer, even when others follow.
                 * @example 100
                 */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_token` of the page before; left out for the first page. */
                next_token?: components["parameters"]["NextToken"];
            };
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of caches. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CachePage"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    getCache: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cache. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CacheWithStatistics"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    createCache: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        /** @description Settings of the cache; those left out have their defaults. At most 65,536 bytes. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NamedCacheSettings"];
            };
        };
        responses: {
            /** @description The cache existed, with these settings. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cache"];
                };
            };
            /** @description The cache was created, and every gateway serves it. */
            201: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cache"];
                };
            };
            400: components["responses"]["InvalidArgumentOrMalformedBody"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["CacheSettingsDiffer"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    deleteCache: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cache is gone, at every gateway. */
            204: {
                headers: {
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            422: components["responses"]["IdempotencyKeyReused"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    updateCache: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        /** @description The settings to change. At most 65,536 bytes. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["CacheSettingsPatch"];
                "application/merge-patch+json": components["schemas"]["CacheSettingsPatch"];
            };
        };
        responses: {
            /** @description The cache with the settings that hold now, at every gateway. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cache"];
                };
            };
            400: components["responses"]["InvalidArgumentOrMalformedBody"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    flushCache: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the cache.
                 * @example default
                 */
                cache: components["parameters"]["Cache"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cache is empty, at every gateway. */
            204: {
                headers: {
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["CacheNotFound"];
            408: components["responses"]["RequestTimeout"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    listTokens: {
        parameters: {
            query?: {
                /**
                 * @description Entries in the page; 100 when not given. A page may hold fewer, even when others follow.
                 * @example 100
                 */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_token` of the page before; left out for the first page. */
                next_token?: components["parameters"]["NextToken"];
                /** @description Account of the tokens, when it is not the caller’s own. Only for the super-user. */
                account?: components["parameters"]["Account"];
            };
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tokens. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenPage"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
        };
    };
    issueToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description Rights, expiry, and whom the token is for. At most 65,536 bytes. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenRequest"];
            };
        };
        responses: {
            /** @description The token. It is shown this once. */
            201: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedToken"];
                };
            };
            400: components["responses"]["InvalidArgumentOrMalformedBody"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    refreshToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description The refresh token. At most 65,536 bytes. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenRefresh"];
            };
        };
        responses: {
            /** @description The renewed token. It is shown this once. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedToken"];
                };
            };
            400: components["responses"]["InvalidArgumentOrMalformedBody"];
            401: components["responses"]["InvalidToken"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    revokeToken: {
        parameters: {
            query?: {
                /** @description Account of the tokens, when it is not the caller’s own. Only for the super-user. */
                account?: components["parameters"]["Account"];
            };
            header?: {
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Id of the token, as issuing and listing tell it.
                 * @example 5f0c9a52-4f0b-4c8e-9a34-0d1f6f7f2c11
                 */
                jti: components["parameters"]["Jti"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The token is no longer valid. */
            204: {
                headers: {
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["TokenNotFound"];
            408: components["responses"]["RequestTimeout"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    rotateKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repetition of this request within ten minutes give the first answer instead of doing it again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The new key signs, and every gateway knows it. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Idempotent-Replayed": components["headers"]["IdempotentReplayed"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotatedKey"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["LimitReached"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    getJwkSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/jwk-set+json": components["schemas"]["JwkSet"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
        };
    };
    getFleet: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The status. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fleet"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
        };
    };
    getFleetPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plan. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FleetPlan"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
        };
    };
    listFleetEvents: {
        parameters: {
            query?: {
                /**
                 * @description How many of the newest events.
                 * @example 50
                 */
                limit?: components["parameters"]["Limit2"];
            };
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FleetEvents"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
        };
    };
    drainNode: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of a storage node, as the status of the fleet tells it.
                 * @example a-1
                 */
                node: components["parameters"]["Node"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The node is draining, or was already. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["NodeNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["NodeInUse"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    addNode: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of a storage node, as the status of the fleet tells it.
                 * @example a-1
                 */
                node: components["parameters"]["Node"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The node is in use, or was already. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["NodeNotFound"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    removeNode: {
        parameters: {
            query?: {
                /** @description The node has ended and will not come back: what only it held is given up, and those slots begin anew, empty. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of a storage node, as the status of the fleet tells it.
                 * @example a-1
                 */
                node: components["parameters"]["Node"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The fleet knows it no more. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["NodeNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["NodeInUse"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    rebalanceFleet: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plan is made anew. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["OverloadedOrControlPlaneUnavailable"];
            504: components["responses"]["OutcomeUnknown"];
        };
    };
    getLive: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It runs. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Live"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
        };
    };
    getReady: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It takes requests. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["NotReady"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["InvalidArgument"];
            401: components["responses"]["AuthenticationRequiredOrInvalidToken"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
        };
    };
    getServiceIndex: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where things are. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceIndex"];
                };
            };
            400: components["responses"]["InvalidArgument"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
        };
    };
    getOpenApi: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The description. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "application/yaml": string;
                };
            };
            400: components["responses"]["InvalidArgument"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
        };
    };
    getDocs: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Security-Policy": components["headers"]["ContentSecurityPolicy"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            400: components["responses"]["InvalidArgument"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
        };
    };
    getErrorsPage: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "Content-Security-Policy": components["headers"]["ContentSecurityPolicy"];
                    "Content-Encoding": components["headers"]["ContentEncoding"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            400: components["responses"]["InvalidArgument"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
        };
    };
    getDocsFile: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused. */
                "X-Request-Id"?: components["parameters"]["XRequestId"];
                /** @description W3C trace context, passed on to storage nodes. An invalid one is ignored. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                /**
                 * @description Name of the file.
                 * @example start.js
                 */
                file: components["parameters"]["File"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    "X-Request-Id": components["headers"]["XRequestId"];
                    "Server-Timing": components["headers"]["ServerTiming"];
                    "X-Content-Type-Options": components["headers"]["XContentTypeOptions"];
                    Vary: components["headers"]["Vary"];
                    "Access-Control-Allow-Origin": components["headers"]["AccessControlAllowOrigin"];
                    "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
                    [name: string]: unknown;
                };
                content: {
                    "text/css": BodyInit;
                    "text/javascript": BodyInit;
                    "image/png": BodyInit;
                };
            };
            400: components["responses"]["InvalidArgument"];
            404: components["responses"]["PathNotFound"];
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeadTooLarge"];
            500: components["responses"]["InternalError"];
        };
    };
}
