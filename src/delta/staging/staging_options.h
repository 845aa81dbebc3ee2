// How the private copy is to be made, for the caller that opens the engine and for what makes it.
#pragma once

namespace salvor::delta {

// What a person asked of persist.
struct PersistOptions {
  bool copy = false;  // bytes instead of links, also where an earlier persist linked
  bool deep = false;  // read every row, and keep the fingerprint of each partition
};

}  // namespace salvor::delta
