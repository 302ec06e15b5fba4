-- What every wrk script shares: its settings from the environment, which thread it is, and one line of JSON at the end.

local threads = 0

function setup(thread)
  thread:set('thread_number', threads)
  threads = threads + 1
end

function setting(name)
  return os.getenv('BENCH_' .. name) or error('BENCH_' .. name .. ' is not set')
end

function lines_of(path)
  local lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  return lines
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"p50_us":%d,"p90_us":%d,"p99_us":%d,"p999_us":%d,"max_us":%d,' ..
    '"refused":%d,"broken":%d,"bytes":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90), latency:percentile(99),
    latency:percentile(99.9), latency.max, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, summary.bytes))
end
