-- Each request comes from another fan: GET or POST …/queue, or POST …/holds for one seat, four seats to a fan.
--   BENCH_TOKENS   file with a token a line; line n belongs to account n
--   BENCH_METHOD, BENCH_PATH
--   BENCH_SEATS    seats of the concert when holding, else 0
dofile(os.getenv('BENCH_WRK') .. '/report.lua')

local SEATS_A_FAN = 4
local heads, next_number, count = {}, 0, 0
local seats = tonumber(setting('SEATS'))

function init()
  local method, path = setting('METHOD'), setting('PATH')
  for i, token in ipairs(lines_of(setting('TOKENS'))) do
    heads[i] = method .. ' ' .. path .. ' HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ' .. token .. '\r\n'
  end
  count = seats > 0 and seats or #heads
  next_number = thread_number * math.floor(count / 2)
end

function request()
  local number = next_number
  next_number = (next_number + 1) % count
  if seats == 0 then return heads[number + 1] .. 'Content-Length: 0\r\n\r\n' end
  local body = '{"seats":[' .. (number + 1) .. ']}'
  return heads[math.floor(number / SEATS_A_FAN) + 1] ..
    'Content-Type: application/json\r\nContent-Length: ' .. #body .. '\r\n\r\n' .. body
end
