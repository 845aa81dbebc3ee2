// What the files of a private copy say, against what the log says of them.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "delta/protocol/json_members.h"
#include "delta/staging/manifest.h"

namespace salvor::delta {
namespace {

using nlohmann::json;

// "the log counts 7 rows in it", "its statistics cannot be read"; "" where they claim no other
// count.
std::string WrongCount(const AddFile& add, int64_t rows) {
  if (add.num_records == rows) return {};
  const auto stats = MemberText(add.raw, "stats");
  if (!stats) return {};
  const json text = json::parse(*stats, nullptr, false);
  const json claimed =
      text.is_string() ? json::parse(text.get<std::string>(), nullptr, false) : json();
  if (!claimed.is_object()) return "its statistics cannot be read";
  const auto count = claimed.find("numRecords");
  if (count == claimed.end()) return {};
  if (!count->is_number_integer()) return "its statistics cannot be read";
  return fmt::format("the log counts {} in it", Plural(count->get<int64_t>(), "row"));
}

}  // namespace

std::string WrongClaim(const ManifestPiece& piece) {
  if (!piece.file.rows) return {};
  std::string wrong = WrongCount(piece.add, *piece.file.rows);
  if (!wrong.empty()) wrong += fmt::format(", its footer {}", FormatCount(*piece.file.rows));
  if (piece.add.size == piece.file.size) return wrong;
  if (!wrong.empty()) wrong += "; ";
  return wrong + fmt::format("the log says that it has {}, and it has {}",
                             Plural(piece.add.size, "byte"), FormatCount(piece.file.size));
}

AddFile TrueAdd(const ManifestPiece& piece) {
  AddFile add = piece.add;
  if (!piece.file.rows || add.raw.empty()) return add;
  if (!WrongCount(add, *piece.file.rows).empty()) {
    add.num_records = piece.file.rows;
    const std::string stats = fmt::format(R"({{"numRecords":{}}})", *piece.file.rows);
    add.raw = WithMember(add.raw, "stats", QuoteJson(stats));
  }
  if (add.size != piece.file.size) {
    add.size = piece.file.size;
    add.raw = WithMember(add.raw, "size", std::to_string(piece.file.size));
  }
  return add;
}

std::vector<std::optional<int64_t>> StagedRows(const Manifest& manifest) {
  std::vector<std::optional<int64_t>> rows(manifest.partitions.size(), 0);
  for (const ManifestPiece& piece : manifest.pieces) {
    std::optional<int64_t>& sum = rows[piece.partition];
    if (!piece.file.rows) sum.reset();
    if (!sum) continue;
    *sum += *piece.file.rows;
    if (piece.add.deletion_vector) *sum -= piece.add.deletion_vector->cardinality;
  }
  return rows;
}

std::string DigestContent(const Manifest& manifest) {
  Sha256 digest;
  for (const ManifestPiece& piece : manifest.pieces) {
    if (piece.file.digest.empty()) return {};
    digest.UpdateField(piece.add.path);
    digest.UpdateField(piece.add.deletion_vector ? piece.add.deletion_vector->UniqueId() : "");
    digest.UpdateField(std::to_string(piece.file.size));
    digest.UpdateField(piece.file.digest);
  }
  for (const StagedVector& vector : manifest.vectors) {
    if (vector.file.digest.empty()) return {};
    digest.UpdateField(vector.file.digest);
  }
  return digest.FinishHex();
}

std::vector<std::vector<AddFile>> StagedAdds(const Manifest& manifest) {
  std::vector<std::vector<AddFile>> staged(manifest.partitions.size());
  for (const ManifestPiece& piece : manifest.pieces)
    staged[piece.partition].push_back(StagedAdd(manifest, piece));
  return staged;
}

}  // namespace salvor::delta
