-- Adds to counts, and says the sums. They are forgotten some time after their window.
local ttl, many = arg(), tonumber(arg())
local sums = {}
for i = 1, many do
  local name = key('n', arg())
  sums[i] = redis.call('INCRBY', name, arg())
  prolong(name, ttl)
end
return sums
