// What a person should know of a look at a table beside its findings.
#pragma once

#include <string>
#include <vector>

#include "delta/log/disk_files.h"
#include "delta/log/history.h"
#include "delta/log/listing.h"
#include "delta/log/replay.h"
#include "delta/table/damaged_files.h"
#include "model/inventory.h"

namespace salvor::delta {

void NoteCounting(const model::Inventory& inventory, const Replay& replay,
                  std::vector<std::string>& notes);
void NoteLiveFiles(const LiveFilesSeen& seen, std::vector<std::string>& notes);
// Folders that could not be listed, where files were not found.
void NoteUnlisted(const model::Inventory& inventory, const DiskFiles& disk,
                  std::vector<std::string>& notes);
// Commits that count as lost.
void NoteDiscarded(const Listing& listing, std::vector<std::string>& notes);
void NoteRepartition(History& history, std::vector<std::string>& notes);

}  // namespace salvor::delta
