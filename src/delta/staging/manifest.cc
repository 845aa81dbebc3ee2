#include "delta/staging/manifest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "delta/log/essential_adds.h"
#include "delta/protocol/json_members.h"

namespace salvor::delta {
namespace {

using nlohmann::json;

constexpr std::string_view kPieceBegin = R"({"add":)";

// Unlike get, which makes a number of whatever it finds, this throws where it is none of the type.
template <typename Number>
Number NumberOf(const json& value) {
  const int64_t number = value.get_ref<const json::number_integer_t&>();
  const bool fits = value.is_number_unsigned()
                        ? std::in_range<Number>(static_cast<uint64_t>(number))
                        : std::in_range<Number>(number);
  if (!fits) throw std::out_of_range("a number");
  return static_cast<Number>(number);
}

template <typename Number>
Number NumberOr(const json& object, const char* name, Number otherwise) {
  const auto found = object.find(name);
  return found == object.end() ? otherwise : NumberOf<Number>(*found);
}

StagedFile FileFromJson(const json& object) {
  StagedFile file{.name = object.at("name").get<std::string>(),
                  .size = NumberOf<int64_t>(object.at("size")),
                  .mode = NumberOf<uint32_t>(object.at("mode")),
                  .gid = NumberOf<uint32_t>(object.at("gid")),
                  .inode = NumberOr(object, "inode", uint64_t{0}),
                  .modified = NumberOr(object, "modified", int64_t{0}),
                  .digest = object.value("digest", std::string()),
                  .rows = {},
                  .apart = object.value("apart", false)};
  if (object.contains("rows")) file.rows = NumberOf<int64_t>(object.at("rows"));
  return file;
}

json PrintToJson(const model::Fingerprint& print) {
  return {{"rows", print.rows},
          {"sum", print.sum},
          {"xor", print.exclusive_or},
          {"algorithm", print.algorithm}};
}

model::Fingerprint PrintFromJson(const json& object) {
  return {.rows = NumberOf<int64_t>(object.at("rows")),
          .sum = object.at("sum").get<std::string>(),
          .exclusive_or = object.at("xor").get<std::string>(),
          .algorithm = object.at("algorithm").get<std::string>()};
}

// Of a file of the private copy itself, and of none elsewhere.
bool IsPlainName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

void AppendPartition(const ManifestPartition& partition, std::string& bytes) {
  bytes += '{';
  if (partition.fingerprint) {
    bytes += R"("fingerprint":)";
    bytes += PrintToJson(*partition.fingerprint).dump();
    bytes += ',';
  }
  bytes += fmt::format(R"("snapshot":{},"takenOut":[)", partition.snapshot);
  for (const AddFile& file : partition.taken_out) {
    if (bytes.back() != '[') bytes += ',';
    bytes += file.raw;
  }
  bytes += "]}\n";
}

void AppendLine(const json& line, std::string& bytes) {
  bytes += line.dump();
  bytes += '\n';
}

void AppendHead(const Manifest& manifest, std::string& bytes) {
  AppendLine({{"format", kManifestFormat},
              {"plan", manifest.plan_digest},
              {"partitions", manifest.partitions.size()},
              {"vectors", manifest.vectors.size()},
              {"pieces", manifest.pieces.size()}},
             bytes);
  for (const auto& [version, configuration] : manifest.configurations) {
    AppendLine({{"snapshot", version},
                {"protocol", configuration.protocol.raw},
                {"metaData", configuration.metadata.raw}},
               bytes);
  }
}

// By hand, for the hundreds of thousands: staged names and digests need no escapes.
std::string FileText(const StagedFile& file) {
  std::string text = file.apart ? R"({"apart":true,)" : "{";
  if (!file.digest.empty()) text += fmt::format(R"("digest":"{}",)", file.digest);
  text += fmt::format(R"("gid":{},)", file.gid);
  if (!file.digest.empty()) text += fmt::format(R"("inode":{},)", file.inode);
  text += fmt::format(R"("mode":{},)", file.mode);
  if (!file.digest.empty()) text += fmt::format(R"("modified":{},)", file.modified);
  text += fmt::format(R"("name":"{}",)", file.name);
  if (file.rows) text += fmt::format(R"("rows":{},)", *file.rows);
  return text + fmt::format(R"("size":{}}})", file.size);
}

void AppendPiece(const ManifestPiece& piece, std::string& bytes) {
  bytes += kPieceBegin;
  bytes += piece.add.raw;
  bytes += fmt::format(R"(,"file":{},"partition":{})", FileText(piece.file), piece.partition);
  if (piece.vector) bytes += fmt::format(R"(,"vector":{})", *piece.vector);
  bytes += "}\n";
}

tl::unexpected<Error> NotUtf8() {
  return Fail(Code::kCorrupt,
              "a log entry cannot be copied as it was read: it holds text that is no UTF-8");
}

tl::unexpected<Error> NotPlain(const StagedFile& file) {
  return Fail(Code::kCorrupt, "a file's name leads out of the private copy", file.name);
}

auto NotOfAManifest() {
  return Fail(Code::kCorrupt, "it is not JSON, or not of a manifest's types");
}

}  // namespace

// Lines are told apart by the key that only their kind has.
class ManifestReader::Lines {
 public:
  explicit Lines(AddDetail detail) : detail_(detail) {}

  Status Take(std::string_view text) {
    try {
      if (text.starts_with(kPieceBegin)) return TakePiece(text);
      return TakeOther(json::parse(text));
    } catch (const json::exception&) {  // it would quote the line
      return NotOfAManifest();
    } catch (const std::out_of_range&) {
      return NotOfAManifest();
    }
  }

  Result<Manifest> Finish() {
    const bool whole = closed_ && manifest_.partitions.size() == partitions_ &&
                       manifest_.vectors.size() == vectors_ && manifest_.pieces.size() == pieces_;
    if (!whole) return Fail(Code::kCorrupt, "lines are missing");
    for (const ManifestPiece& piece : manifest_.pieces) {
      if (piece.partition >= partitions_ || (piece.vector && *piece.vector >= vectors_)) {
        return Fail(Code::kCorrupt, "a piece names a partition or vector that is not there");
      }
      if (!IsPlainName(piece.file.name)) return NotPlain(piece.file);
    }
    for (const StagedVector& vector : manifest_.vectors) {
      if (!IsPlainName(vector.file.name)) return NotPlain(vector.file);
    }
    for (const ManifestPartition& partition : manifest_.partitions) {
      if (manifest_.configurations.count(partition.snapshot) == 0) {
        return Fail(Code::kCorrupt, "a partition names a snapshot that is not there");
      }
    }
    return std::move(manifest_);
  }

 private:
  Status TakeOther(json line) {
    if (line.contains("format")) return TakeHead(line);
    if (line.contains("protocol")) return TakeTerms(std::move(line));
    if (line.contains("uuid")) return TakeVector(line);
    if (line.contains("takenOut")) return TakePartition(std::move(line));
    if (line.contains("end")) {
      closed_ = true;
      return Done{};
    }
    return Fail(Code::kCorrupt, "a line of no known kind");
  }

  Status TakeHead(const json& line) {
    if (NumberOf<int>(line.at("format")) != kManifestFormat) {
      return Fail(Code::kUnsupported, "the manifest was written by a newer salvor");
    }
    manifest_.plan_digest = line.at("plan").get<std::string>();
    partitions_ = NumberOf<size_t>(line.at("partitions"));
    vectors_ = NumberOf<size_t>(line.at("vectors"));
    pieces_ = NumberOf<size_t>(line.at("pieces"));
    return Done{};
  }

  Status TakeTerms(json line) {
    TableConfiguration configuration;
    SALVOR_TRY(configuration.protocol, ParseProtocol(std::move(line.at("protocol"))));
    SALVOR_TRY(configuration.metadata, ParseMetadata(std::move(line.at("metaData"))));
    manifest_.configurations.emplace(NumberOf<int64_t>(line.at("snapshot")),
                                     std::move(configuration));
    return Done{};
  }

  Status TakePartition(json line) {
    ManifestPartition partition;
    partition.snapshot = NumberOf<int64_t>(line.at("snapshot"));
    for (const json& raw : line.at("takenOut")) {
      SALVOR_TRY(AddFile file, ParseAdd(raw, detail_));
      partition.taken_out.push_back(std::move(file));
    }
    if (line.contains("fingerprint")) partition.fingerprint = PrintFromJson(line["fingerprint"]);
    manifest_.partitions.push_back(std::move(partition));
    return Done{};
  }

  Status TakeVector(const json& line) {
    SALVOR_TRY(const Uuid uuid, ParseUuid(line.at("uuid").get<std::string>()));
    manifest_.vectors.push_back({.original = line.at("original").get<std::string>(),
                                 .uuid = uuid,
                                 .file = FileFromJson(line.at("file"))});
    return Done{};
  }

  // The entry, which is most of the line, is read without a document being made of it.
  Status TakePiece(std::string_view text) {
    const std::string_view entry = MemberText(text, "add").value_or("");
    const size_t rest = kPieceBegin.size() + entry.size();
    if (text.size() <= rest || text[rest] != ',') return NotOfAManifest();
    const json line = json::parse("{" + std::string(text.substr(rest + 1)));
    ManifestPiece& piece = manifest_.pieces.emplace_back();
    piece.partition = NumberOf<size_t>(line.at("partition"));
    piece.file = FileFromJson(line.at("file"));
    if (line.contains("vector")) piece.vector = NumberOf<size_t>(line.at("vector"));
    if (!essentials_.OfEntry(entry, piece.add)) {
      SALVOR_TRY(piece.add, ParseAdd(json::parse(entry), detail_));
    } else if (detail_ == AddDetail::kWhole) {
      piece.add.raw = entry;
    }
    return Done{};
  }

  AddDetail detail_;
  EssentialsReader essentials_;
  Manifest manifest_;
  size_t partitions_ = 0;
  size_t vectors_ = 0;
  size_t pieces_ = 0;
  bool closed_ = false;
};

Result<std::string> FormatManifest(const Manifest& manifest) {
  std::string bytes;
  try {
    AppendHead(manifest, bytes);
    for (const ManifestPartition& partition : manifest.partitions)
      AppendPartition(partition, bytes);
    for (const StagedVector& vector : manifest.vectors) {
      bytes += R"({"file":)" + FileText(vector.file) + R"(,"original":)";
      bytes += json(vector.original).dump();
      bytes += fmt::format(R"(,"uuid":"{}"}})", FormatUuid(vector.uuid));
      bytes += '\n';
    }
    for (const ManifestPiece& piece : manifest.pieces) AppendPiece(piece, bytes);
    AppendLine({{"end", true}}, bytes);
  } catch (const json::exception&) {
    return NotUtf8();
  }
  return bytes;
}

ManifestReader::ManifestReader(std::string where, AddDetail detail)
    : lines_(std::make_unique<Lines>(detail)), where_(std::move(where)) {}
ManifestReader::~ManifestReader() = default;

Status ManifestReader::Take(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      begun_ += bytes;
      return Done{};
    }
    std::string_view line = bytes.substr(0, end);
    if (!begun_.empty()) line = begun_ += line;
    ++number_;
    Status taken = lines_->Take(line);
    if (!taken) {
      Error error = std::move(taken).error();
      error.what = "the manifest of the private copy cannot be read: " + error.what;
      error.where = fmt::format("{}, line {}", where_, number_);
      return Fail(std::move(error));
    }
    begun_.clear();
    bytes.remove_prefix(end + 1);
  }
  return Done{};
}

Result<Manifest> ManifestReader::Finish() {
  if (!begun_.empty())
    return Fail(Code::kCorrupt, "the manifest of the private copy is cut off", where_);
  auto manifest = lines_->Finish();
  if (!manifest) {
    Error error = std::move(manifest).error();
    error.what = "the manifest of the private copy is not whole: " + error.what;
    error.where = where_;
    return Fail(std::move(error));
  }
  return manifest;
}

Result<Manifest> ParseManifest(std::string_view bytes, const std::string& where, AddDetail detail) {
  ManifestReader reader(where, detail);
  SALVOR_OK(reader.Take(bytes));
  return reader.Finish();
}

AddFile Relocated(const AddFile& file, const std::string& path,
                  const std::optional<Uuid>& vector_uuid) {
  AddFile moved = file;
  moved.path = path;
  const bool whole = !file.raw.empty();
  if (whole) moved.raw = WithMember(file.raw, "path", QuoteJson(path));
  if (!vector_uuid || !moved.deletion_vector) return moved;
  auto vector = std::make_shared<DeletionVector>(*file.deletion_vector);
  vector->storage_type = "u";
  vector->path_or_inline = EncodeUuid(*vector_uuid);
  if (whole) {
    std::string entry(MemberText(file.raw, "deletionVector").value_or("{}"));
    entry = WithMember(entry, "storageType", QuoteJson(vector->storage_type));
    entry = WithMember(entry, "pathOrInlineDv", QuoteJson(vector->path_or_inline));
    moved.raw = WithMember(moved.raw, "deletionVector", entry);
  }
  moved.deletion_vector = std::move(vector);
  return moved;
}

AddFile StagedAdd(const Manifest& manifest, const ManifestPiece& piece) {
  std::optional<Uuid> uuid;
  if (piece.vector) uuid = manifest.vectors.at(*piece.vector).uuid;
  return Relocated(TrueAdd(piece), piece.file.name, uuid);
}

std::string FormatStagedLine(const Manifest& manifest, const ManifestPiece& piece) {
  const AddFile staged = StagedAdd(manifest, piece);
  return R"({"add":)" + WithMember(staged.raw, "dataChange", "true") + "}\n";
}

}  // namespace salvor::delta
