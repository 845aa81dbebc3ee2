// Which type changes leave old data files readable. Source: PROTOCOL.md, "Type Widening".
#pragma once

#include <string_view>

namespace salvor::delta {

// True if a file written with `from` is read right as `to` on a table with that feature. Primitive
// types as schemas spell them.
bool Widens(std::string_view from, std::string_view to);

}  // namespace salvor::delta
