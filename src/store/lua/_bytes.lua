-- Bits that came as hex digits, which have no zero bytes. A table of all pairs takes half as long as a function.
--   gives bytes_of(hex)
local function bytes_of(hex)
  local byte_of = {}
  for byte = 0, 255 do byte_of[('%02x'):format(byte)] = string.char(byte) end
  return (hex:gsub('..', byte_of))
end
