#include "delta/staging/staged_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "delta/protocol/schema.h"
#include "delta/protocol/table_head.h"
#include "delta/rows/file_schema.h"
#include "delta/rows/row_identity.h"
#include "delta/rows/row_reader.h"

namespace salvor::delta {
namespace {

Result<TableHead> HeadOf(int64_t snapshot, const TableConfiguration& configuration) {
  return MakeTableHead(snapshot, Instant(), configuration.protocol.raw, configuration.metadata.raw);
}

Result<TableHead> NewestHead(const Manifest& manifest) {
  const auto& [snapshot, configuration] = *manifest.configurations.rbegin();
  return HeadOf(snapshot, configuration);
}

std::vector<const AddFile*> Pointers(const std::vector<AddFile>& files) {
  std::vector<const AddFile*> pointers;
  for (const AddFile& file : files) pointers.push_back(&file);
  return pointers;
}

}  // namespace

Result<std::vector<model::Fingerprint>> StagedRowsReader::Prints(
    const std::vector<size_t>& partitions) {
  SALVOR_TRY(const TableHead head, NewestHead(manifest_));
  std::vector<std::vector<AddFile>> files(manifest_.partitions.size());
  for (const ManifestPiece& piece : manifest_.pieces) {
    files[piece.partition].push_back(StagedAdd(manifest_, piece));
  }
  std::vector<RowSet> sets;
  for (const size_t partition : partitions) {
    sets.push_back({.root = place_.Folder(), .files = Pointers(files.at(partition))});
  }
  return Rows(fs_, duck_, head).Fingerprints(sets);
}

Result<model::Fingerprint> StagedRowsReader::PrintPiece(size_t piece) {
  SALVOR_TRY(const TableHead head, NewestHead(manifest_));
  const AddFile add = StagedAdd(manifest_, manifest_.pieces[piece]);
  SALVOR_TRY(
      auto prints,
      Rows(fs_, duck_, head).Fingerprints({RowSet{.root = place_.Folder(), .files = {&add}}}));
  return std::move(prints.at(0));
}

Status StagedRowsReader::CheckSchema(size_t index) {
  const ManifestPiece& piece = manifest_.pieces[index];
  const TableConfiguration& configuration =
      manifest_.configurations.at(manifest_.partitions[piece.partition].snapshot);
  SALVOR_TRY(const Schema schema, ParseSchema(configuration.metadata));
  auto files = ReadFileSchemas(fs_, duck_, {place_.File(piece.file.name)});
  if (!files && files.error().code == Code::kNotFound) return Done{};
  if (!files) return Fail(std::move(files).error());
  SALVOR_TRY(
      [[maybe_unused]] const auto readable,
      IdentityExpressions(schema, configuration.metadata.partition_columns, files->schemas.at(0)));
  return Done{};
}

void StagedRowsReader::ReadDoubtful(StagedFiles& files) {
  std::set<size_t> doubtful(files.Doubtful().begin(), files.Doubtful().end());
  for (const std::vector<size_t>& alike : files.OfEachSchema()) {
    // A bit flipped in what a footer says of its columns makes a kind of its own: the rows of one
    // file of each are read.
    doubtful.insert(*std::min_element(alike.begin(), alike.end(), [&](size_t a, size_t b) {
      return manifest_.pieces[a].file.size < manifest_.pieces[b].file.size;
    }));
    const Status readable = CheckSchema(alike.front());
    if (readable) continue;
    for (const size_t piece : alike) {
      const ManifestPiece& one = manifest_.pieces[piece];
      files.AddDamage(one.partition, Error{readable.error().code, readable.error().what,
                                           one.add.path, readable.error().next});
    }
  }
  for (const size_t index : doubtful) {
    const ManifestPiece& piece = manifest_.pieces[index];
    if (files.Damaged().count(piece.partition) != 0) continue;
    auto print = PrintPiece(index);
    // What is not there any more is the next look's to name.
    if (!print && print.error().code == Code::kNotFound) continue;
    if (!print) {
      files.AddDamage(piece.partition, std::move(print.error()).At(piece.add.path));
      continue;
    }
    const int64_t deleted = piece.add.deletion_vector ? piece.add.deletion_vector->cardinality : 0;
    if (print->rows + deleted == *piece.file.rows) continue;
    files.AddDamage(piece.partition,
                    Error{Code::kCorrupt,
                          fmt::format("its footer counts {} rows, and {} can be read",
                                      *piece.file.rows, print->rows + deleted),
                          piece.add.path});
  }
}

Error StagedRowsReader::InTheTable(size_t partition, Error error) const {
  for (const ManifestPiece& piece : manifest_.pieces) {
    const bool same = piece.partition == partition && error.where == place_.File(piece.file.name);
    if (same) error.where = piece.add.path;
  }
  return error;
}

std::vector<std::optional<model::Fingerprint>> StagedRowsReader::PrintAll(Damage& damaged) {
  std::vector<size_t> sound;
  for (size_t i = 0; i < manifest_.partitions.size(); ++i) {
    if (damaged.count(i) == 0) sound.push_back(i);
  }
  std::vector<std::optional<model::Fingerprint>> prints(manifest_.partitions.size());
  auto all = Prints(sound);
  for (size_t i = 0; i < sound.size(); ++i) {
    if (all) {
      prints[sound[i]] = std::move((*all)[i]);
      continue;
    }
    // One of them cannot be read: which?
    auto one = Prints({sound[i]});
    if (one) {
      prints[sound[i]] = std::move(one->at(0));
    } else {
      damaged.emplace(sound[i], InTheTable(sound[i], std::move(one).error()));
    }
  }
  return prints;
}

}  // namespace salvor::delta
