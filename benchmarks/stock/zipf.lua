-- wrk: the pages of list.lua one after another, by kept connections; prints what came as JSON.
local list = dofile("/load/list.lua")
local asks, threads = {}, {}
local position = 0

function setup(thread)
    table.insert(threads, thread)
end

function init()
    for number, path in ipairs(list.paths) do
        asks[number] = wrk.format("GET", path, { Host = list.authority, ["Accept-Encoding"] = "gzip", ["User-Agent"] = "comparison" })
    end
    -- Globals, so that done() may ask the thread for them.
    all_hits, all_wrong = 0, 0
end

function request()
    position = position % #asks + 1
    return asks[position]
end

function response(status, headers)
    if status ~= 200 then all_wrong = all_wrong + 1 end
    if headers["X-Cache-Status"] == "HIT" or headers["x-cache-status"] == "HIT" then all_hits = all_hits + 1 end
end

function done(summary, latency)
    local thread, errors = threads[1], summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.timeout
    print(string.format(
        'ANSWER {"pages": %d, "seconds": %.6f, "p50_ms": %.3f, "p95_ms": %.3f, "p99_ms": %.3f, "wrong": %d, "hits": %d}',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
        failed + thread:get("all_wrong"), thread:get("all_hits")))
end
