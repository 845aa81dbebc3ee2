// A table's files in an object store.
#pragma once

#include <memory>

#include "delta/files/table_files.h"
#include "objects/store/address.h"
#include "objects/store/store.h"

namespace salvor::delta {

// The files below this address; the store must outlive the source. Sizes and etags that a listing
// told are not asked again, and reads are pinned to them. What is small is read whole, once, and
// kept, some tens of MB of it; a local copy is kept in memory for as long as the source lives.
std::shared_ptr<const FileSource> MakeStoreFiles(objects::StoreReader& store,
                                                 objects::Address address);

}  // namespace salvor::delta
