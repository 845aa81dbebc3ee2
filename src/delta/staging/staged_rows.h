// What only reading a private copy's files tells, where their footers do not.
#pragma once

#include <vector>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/staging/link_files.h"
#include "delta/staging/manifest.h"
#include "delta/staging/staging.h"
#include "io/fs.h"
#include "model/fingerprint.h"

namespace salvor::delta {

class StagedRowsReader {
 public:
  // Borrows all.
  StagedRowsReader(const io::FsReader& fs, Duck& duck, const StagingPlace& place,
                   const Manifest& manifest)
      : fs_(fs), duck_(duck), place_(place), manifest_(manifest) {}

  // One fingerprint for each of these partitions, by the newest snapshot's schema.
  Result<std::vector<model::Fingerprint>> Prints(const std::vector<size_t>& partitions);
  // Reads the rows of pieces in doubt, and of one for each kind of footer: what cannot be read is
  // damage of its partition.
  void ReadDoubtful(StagedFiles& files);
  // The fingerprints of all partitions that are not damaged; one that cannot be read is
  // damaged from then on.
  std::vector<std::optional<model::Fingerprint>> PrintAll(Damage& damaged);

 private:
  // With the table's name of the file in the place of the copy's.
  [[nodiscard]] Error InTheTable(size_t partition, Error error) const;
  Result<model::Fingerprint> PrintPiece(size_t piece);
  Status CheckSchema(size_t piece);

  const io::FsReader& fs_;
  Duck& duck_;
  const StagingPlace& place_;
  const Manifest& manifest_;
};

}  // namespace salvor::delta
