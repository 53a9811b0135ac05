-- Living sessions of a subject, as their user sees them.
local subject, now, clients, most = arg(), arg(), list(), tonumber(arg())
local found = {}
for _, one in ipairs(of_subject(subject, clients)) do
  if #found == most then break end
  if later(one.session.ends, now) then
    found[#found + 1] = { one.id, one.session.fe or '', one.session.created, one.session.ends, one.session.abs, one.session.claims or '' }
  end
end
return found
