// What a person should know of a look at a table, and that is no finding.
#pragma once

#include <string>
#include <vector>

#include "delta/disk_files.h"
#include "delta/log.h"
#include "delta/log_damage.h"
#include "delta/log_history.h"
#include "delta/log_listing.h"
#include "delta/log_replay.h"
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
