-- wrk: the bodies of a file one after the other, or GET without one; the figures as one line of JSON at the end.
-- Arguments: the file or -, how many bodies to skip, headers as name=value.
local requests, at = {}, 0

function init(args)
  local headers = {}
  for i = 3, #args do
    local name, value = args[i]:match("^(.-)=(.*)$")
    headers[name] = value
  end
  if args[1] == "-" then
    requests[1] = wrk.format("GET", nil, headers)
  elseif args[1]:match("%.bin$") then
    read_binary(args[1], headers)
  else
    headers["content-type"] = "application/json"
    for line in io.lines(args[1]) do
      requests[#requests + 1] = wrk.format("POST", nil, headers, line)
    end
  end
  at = tonumber(args[2]) % #requests
end

-- Records of a line with the length of the JSON part and of the body, and the body.
function read_binary(name, headers)
  local file = io.open(name, "rb")
  while true do
    local line = file:read("*l")
    if not line then break end
    local head, length = line:match("^(%d+) (%d+)$")
    headers["inference-header-content-length"] = head
    requests[#requests + 1] = wrk.format("POST", nil, headers, file:read(tonumber(length)))
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"errors":%d,"p50":%.3f,"p99":%.3f,"p999":%.3f}\n',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000))
end
