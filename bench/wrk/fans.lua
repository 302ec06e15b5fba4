-- Each request comes from another fan.
--   BENCH_KIND     what is asked, one of those below
--   BENCH_TOKENS   file with a token a line; line n belongs to account n
--   BENCH_CONCERT  first concert; BENCH_SEATS: seats in each; BENCH_DATE: their date, as in reservation numbers
--   BENCH_FIRST    number of the first request, so that rounds need not ask for the same
dofile(os.getenv('BENCH_WRK') .. '/report.lua')

local SEATS_A_FAN, AMOUNT, CONTENDED = 4, 100, 50
local concert, seats, date = tonumber(setting('CONCERT')), tonumber(setting('SEATS')), setting('DATE')
local number, step = 0, tonumber(setting('THREADS'))
local fans, run = {}, os.time()

local function get(path, token)
  return 'GET /api/v1' .. path .. ' HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ' .. token .. '\r\n\r\n'
end

local function post(path, token, body, more)
  return 'POST /api/v1' .. path .. ' HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ' .. token ..
    (body and '\r\nContent-Type: application/json' or '') .. (more or '') ..
    '\r\nContent-Length: ' .. (body and #body or 0) .. '\r\n\r\n' .. (body or '')
end

local function key(n) return '\r\nIdempotency-Key: ' .. run .. '-' .. n end

local queue, holds = '/concerts/' .. concert .. '/queue', '/concerts/' .. concert .. '/holds'

local kinds = {
  status = function(n) return get(queue, fans[n % #fans + 1]) end,
  join = function(n) return post(queue, fans[n % #fans + 1]) end,
  -- One seat more, four to a fan.
  hold = function(n)
    local seat = n % seats
    return post(holds, fans[math.floor(seat / SEATS_A_FAN) + 1], '{"seats":[' .. (seat + 1) .. ']}')
  end,
  -- Everybody wants one of the same few seats.
  contended = function(n)
    return post(holds, fans[n % #fans + 1], '{"seats":[' .. (n % CONTENDED + 1) .. ']}')
  end,
  -- The same of the bare worker, which reads no body.
  bare_contended = function(n) return post(holds .. '/contended', fans[n % #fans + 1], '{"seats":[1]}') end,
  charge = function(n)
    return post('/points/charges', fans[n % #fans + 1], '{"amount":' .. AMOUNT .. '}', key(n))
  end,
  -- Seat after seat, hall after hall; the fan of the same number holds it.
  pay = function(n)
    local seat = string.format('%s.%d.%d', date, concert + math.floor(n / seats), n % seats + 1)
    return post('/payments', fans[n % #fans + 1], '{"reservation_numbers":["' .. seat .. '"]}', key(n))
  end,
}
local kind = kinds[setting('KIND')] or error('no such kind')

function init()
  fans = lines_of(setting('TOKENS'))
  number = tonumber(setting('FIRST')) + thread_number
end

function request()
  local text = kind(number)
  number = number + step
  return text
end
