-- Before scripts that search, with their next arguments: which sessions.
local any_front_end, front_end, subject_begins, name_begins = given(), arg(), given(), arg()

local function is_searched(session)
  if not any_front_end and (session.fe or '') ~= front_end then return false end
  if not subject_begins then return true end
  return string.sub(session.sub, 1, #subject_begins) == subject_begins
    or (session.name ~= nil and string.sub(session.name, 1, #name_begins) == name_begins)
end
