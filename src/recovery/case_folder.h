// The case: one folder with everything about one incident, and never a row of data.
//
//   plan.json      what will be done; its SHA-256 is the case's identity
//   journal.jsonl  what was done (journal/journal.h)
//   proof.json     what verify read back
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "io/fs.h"
#include "model/plan.h"
#include "model/proof.h"

namespace salvor::recovery {

struct Case {
  std::string folder;
  model::Plan plan;
  std::string digest;  // of plan.json's bytes
};

// Writes plan.json into the folder, which is made if need be, with those above it. The same bytes
// again are success; kConflict if the folder holds another plan. Durable on return.
Result<Case> CreateCase(io::Fs& fs, const std::string& folder, const model::Plan& plan);

// kNotFound if the folder holds no plan.json; kCorrupt if that is not what salvor wrote.
Result<Case> LoadCase(const io::FsReader& fs, const std::string& folder);

// proof.json with the digest of its bytes; nothing if there is none.
struct StoredProof {
  model::Proof proof;
  std::string digest;
};
Result<std::optional<StoredProof>> LoadProof(const io::FsReader& fs, const Case& incident);
// Replaces proof.json, durably; the digest of its bytes.
Result<std::string> StoreProof(io::Fs& fs, const Case& incident, const model::Proof& proof);

// kRefused where everybody may change the case: its folder (sticky or not, since strangers must not
// add files either), the one above it, or a file or folder in it. Such a case decides nothing.
Status CheckNotOpenToAll(const io::FsReader& fs, const std::string& folder);

}  // namespace salvor::recovery
