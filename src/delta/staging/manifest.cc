#include "delta/staging/manifest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace salvor::delta {
namespace {

using nlohmann::json;

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

json RawList(const std::vector<AddFile>& files) {
  json list = json::array();
  for (const AddFile& file : files) list.push_back(file.raw);
  return list;
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

void AppendPiece(const ManifestPiece& piece, const std::string& entry, std::string& bytes) {
  bytes += R"({"add":)";
  bytes += entry;
  bytes += fmt::format(R"(,"file":{},"partition":{})", FileText(piece.file), piece.partition);
  if (piece.vector) bytes += fmt::format(R"(,"vector":{})", *piece.vector);
  bytes += "}\n";
}

AddFile Staged(const Manifest& manifest, const ManifestPiece& piece, const AddFile& add) {
  std::optional<Uuid> uuid;
  if (piece.vector) uuid = manifest.vectors.at(*piece.vector).uuid;
  return Relocated(add, piece.file.name, uuid);
}

std::string StagedLine(const Manifest& manifest, const ManifestPiece& piece, const AddFile& add) {
  json raw = Staged(manifest, piece, add).raw;
  raw["dataChange"] = true;
  return R"({"add":)" + raw.dump() + "}\n";
}

tl::unexpected<Error> NotUtf8() {
  return Fail(Code::kCorrupt,
              "a log entry cannot be copied as it was read: it holds text that is no UTF-8");
}

tl::unexpected<Error> NotPlain(const StagedFile& file) {
  return Fail(Code::kCorrupt, "a file's name leads out of the private copy", file.name);
}

// Lines are told apart by the key that only their kind has.
class Reader {
 public:
  Status Take(json line) {
    if (line.contains("add")) return TakePiece(std::move(line));
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
    for (json& raw : line.at("takenOut")) {
      SALVOR_TRY(AddFile file, ParseAdd(std::move(raw)));
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

  Status TakePiece(json line) {
    ManifestPiece piece;
    piece.partition = NumberOf<size_t>(line.at("partition"));
    piece.file = FileFromJson(line.at("file"));
    if (line.contains("vector")) piece.vector = NumberOf<size_t>(line.at("vector"));
    SALVOR_TRY(piece.add, ParseAdd(std::move(line.at("add"))));
    manifest_.pieces.push_back(std::move(piece));
    return Done{};
  }

  Manifest manifest_;
  size_t partitions_ = 0;
  size_t vectors_ = 0;
  size_t pieces_ = 0;
  bool closed_ = false;
};

auto NotOfAManifest() {
  return Fail(Code::kCorrupt, "it is not JSON, or not of a manifest's types");
}

Status TakeLine(Reader& reader, std::string_view text) {
  try {
    return reader.Take(json::parse(text));
  } catch (const json::exception&) {  // it would quote the line
    return NotOfAManifest();
  } catch (const std::out_of_range&) {
    return NotOfAManifest();
  }
}

}  // namespace

Result<PieceTexts> FormatPieces(const Manifest& manifest) {
  PieceTexts texts;
  texts.original.reserve(manifest.pieces.size());
  try {
    for (const ManifestPiece& piece : manifest.pieces) {
      texts.original.push_back(piece.add.raw.dump());
      texts.staged.push_back(StagedLine(manifest, piece, piece.add));
    }
  } catch (const json::exception&) {
    return NotUtf8();
  }
  return texts;
}

Status CorrectPieces(const Manifest& manifest, PieceTexts& texts) {
  try {
    for (size_t i = 0; i < manifest.pieces.size(); ++i) {
      const ManifestPiece& piece = manifest.pieces[i];
      if (WrongClaim(piece).empty()) continue;
      texts.staged.at(i) = StagedLine(manifest, piece, TrueAdd(piece));
    }
  } catch (const json::exception&) {
    return NotUtf8();
  }
  return Done{};
}

Result<std::string> FormatManifest(const Manifest& manifest, const PieceTexts& texts) {
  std::string bytes;
  try {
    AppendHead(manifest, bytes);
    for (const ManifestPartition& partition : manifest.partitions) {
      json line = {{"snapshot", partition.snapshot}, {"takenOut", RawList(partition.taken_out)}};
      if (partition.fingerprint) line["fingerprint"] = PrintToJson(*partition.fingerprint);
      AppendLine(line, bytes);
    }
    for (const StagedVector& vector : manifest.vectors) {
      bytes += R"({"file":)" + FileText(vector.file) + R"(,"original":)";
      bytes += json(vector.original).dump();
      bytes += fmt::format(R"(,"uuid":"{}"}})", FormatUuid(vector.uuid));
      bytes += '\n';
    }
    for (size_t i = 0; i < manifest.pieces.size(); ++i) {
      AppendPiece(manifest.pieces[i], texts.original.at(i), bytes);
    }
    AppendLine({{"end", true}}, bytes);
  } catch (const json::exception&) {
    return NotUtf8();
  }
  return bytes;
}

Result<Manifest> ParseManifest(std::string_view bytes, const std::string& where) {
  Reader reader;
  int64_t number = 0;
  while (!bytes.empty()) {
    ++number;
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      return Fail(Code::kCorrupt, "the manifest of the private copy is cut off", where);
    }
    Status taken = TakeLine(reader, bytes.substr(0, end));
    if (!taken) {
      Error error = std::move(taken).error();
      error.what = "the manifest of the private copy cannot be read: " + error.what;
      error.where = fmt::format("{}, line {}", where, number);
      return Fail(std::move(error));
    }
    bytes.remove_prefix(end + 1);
  }
  auto manifest = reader.Finish();
  if (!manifest) {
    Error error = std::move(manifest).error();
    error.what = "the manifest of the private copy is not whole: " + error.what;
    error.where = where;
    return Fail(std::move(error));
  }
  return manifest;
}

AddFile Relocated(const AddFile& file, const std::string& path,
                  const std::optional<Uuid>& vector_uuid) {
  AddFile moved = file;
  moved.path = path;
  moved.raw["path"] = path;
  if (vector_uuid && moved.deletion_vector) {
    moved.deletion_vector->storage_type = "u";
    moved.deletion_vector->path_or_inline = EncodeUuid(*vector_uuid);
    json& vector = moved.raw["deletionVector"];
    vector["storageType"] = moved.deletion_vector->storage_type;
    vector["pathOrInlineDv"] = moved.deletion_vector->path_or_inline;
  }
  return moved;
}

AddFile StagedAdd(const Manifest& manifest, const ManifestPiece& piece) {
  return Staged(manifest, piece, TrueAdd(piece));
}

}  // namespace salvor::delta
