// Which tables can be read at all. What only writers must know does not stop a reader.
#pragma once

#include "base/result.h"
#include "delta/protocol/action.h"

namespace salvor::delta {

// kUnsupported, naming the reader version or feature that is not understood.
Status CheckReadable(const Protocol& protocol, const Metadata& metadata);

}  // namespace salvor::delta
