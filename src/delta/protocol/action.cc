#include "delta/protocol/action.h"

#include <algorithm>
#include <array>

#include "delta/protocol/json.h"

namespace salvor::delta {
namespace {

using nlohmann::json;

// numRecords of a stats text. Stats are a hint: text that does not parse counts as no stats at all.
std::optional<int64_t> NumRecords(const json& object) {
  const auto stats = object.find("stats");
  if (stats == object.end() || !stats->is_string()) return std::nullopt;
  const auto parsed = ParseJsonObject(stats->get_ref<const std::string&>());
  if (!parsed) return std::nullopt;
  const auto count = IntMember(*parsed, "numRecords");
  if (!count || !*count || **count < 0) return std::nullopt;
  return **count;
}

Result<std::vector<std::pair<std::string, std::optional<std::string>>>> PartitionValues(
    const json& object) {
  std::vector<std::pair<std::string, std::optional<std::string>>> values;
  SALVOR_TRY(const json* map, ObjectMember(object, "partitionValues"));
  if (map == nullptr) return values;
  for (const auto& [name, value] : map->items()) {
    if (value.is_null()) {
      values.emplace_back(name, std::nullopt);
    } else if (value.is_string()) {
      values.emplace_back(name, value.get<std::string>());
    } else if (value.is_number()) {
      values.emplace_back(name, value.dump());
    } else {
      return Fail(Code::kCorrupt, "partition value of '" + name + "' is neither a string nor null");
    }
  }
  std::sort(values.begin(), values.end());
  return values;
}

Result<std::shared_ptr<const DeletionVector>> OptionalVector(const json& object) {
  SALVOR_TRY(const json* vector, ObjectMember(object, "deletionVector"));
  if (vector == nullptr) return std::shared_ptr<const DeletionVector>();
  SALVOR_TRY(DeletionVector parsed, ParseDeletionVector(*vector));
  return std::make_shared<const DeletionVector>(std::move(parsed));
}

Result<std::string> Path(const json& object) {
  SALVOR_TRY(std::optional<std::string> path, TextMember(object, "path"));
  if (!path || path->empty()) return Fail(Code::kCorrupt, "a file action without 'path'");
  return std::move(*path);
}

std::string KeyText(std::string_view path, const DeletionVector* vector) {
  std::string key(path);
  key += '\0';
  if (vector != nullptr) key += vector->UniqueId();
  return key;
}

Result<std::vector<std::string>> FeatureList(const json& object, const char* name) {
  std::vector<std::string> features;
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return features;
  if (!found->is_array()) return Fail(Code::kCorrupt, std::string("'") + name + "' is not a list");
  for (const json& feature : *found) {
    if (!feature.is_string())
      return Fail(Code::kCorrupt, std::string("'") + name + "' holds something other than a name");
    features.push_back(feature.get<std::string>());
  }
  return features;
}

struct LegacyFeature {
  const char* name;
  int reader;  // implied from this version on; 0: not a reader feature
  int writer;
};
// PROTOCOL.md, "Valid Feature Names in Table Features" with "Reader/Writer Version Requirements".
constexpr std::array<LegacyFeature, 7> kLegacy = {{{"appendOnly", 0, 2},
                                                   {"invariants", 0, 2},
                                                   {"checkConstraints", 0, 3},
                                                   {"changeDataFeed", 0, 4},
                                                   {"generatedColumns", 0, 4},
                                                   {"columnMapping", 2, 5},
                                                   {"identityColumns", 0, 6}}};

void ImplyLegacyFeatures(Protocol& protocol) {
  for (const LegacyFeature& feature : kLegacy) {
    if (protocol.min_reader < 3 && feature.reader > 0 && protocol.min_reader >= feature.reader &&
        !protocol.Reads(feature.name))
      protocol.reader_features.emplace_back(feature.name);
    if (protocol.min_writer < 7 && protocol.min_writer >= feature.writer &&
        !protocol.Writes(feature.name))
      protocol.writer_features.emplace_back(feature.name);
  }
}

bool Holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<int> ProtocolVersion(const json& object, const char* name) {
  SALVOR_TRY(std::optional<int64_t> version, IntMember(object, name));
  if (!version || *version < 0 || *version > 1'000'000)
    return Fail(Code::kCorrupt, std::string("protocol without a valid '") + name + "'");
  return static_cast<int>(*version);
}

}  // namespace

std::string DeletionVector::UniqueId() const {
  std::string id = storage_type + path_or_inline;
  if (offset) id += "@" + std::to_string(*offset);
  return id;
}

std::optional<int64_t> AddFile::LiveRows() const {
  if (!num_records) return std::nullopt;
  return *num_records - (deletion_vector ? deletion_vector->cardinality : 0);
}

std::string AddFile::Key() const { return KeyText(path, deletion_vector.get()); }

std::string RemoveFile::Key() const { return KeyText(path, deletion_vector.get()); }

bool Protocol::Reads(std::string_view feature) const { return Holds(reader_features, feature); }
bool Protocol::Writes(std::string_view feature) const { return Holds(writer_features, feature); }

std::optional<std::string> Metadata::Property(const std::string& name) const {
  const auto found = configuration.find(name);
  if (found == configuration.end()) return std::nullopt;
  return found->second;
}

Result<DeletionVector> ParseDeletionVector(const json& object) {
  DeletionVector vector;
  SALVOR_TRY(std::optional<std::string> storage, TextMember(object, "storageType"));
  SALVOR_TRY(std::optional<std::string> place, TextMember(object, "pathOrInlineDv"));
  SALVOR_TRY(std::optional<int64_t> offset, IntMember(object, "offset"));
  SALVOR_TRY(std::optional<int64_t> size, IntMember(object, "sizeInBytes"));
  SALVOR_TRY(std::optional<int64_t> cardinality, IntMember(object, "cardinality"));
  if (!storage || !place || !size || !cardinality)
    return Fail(Code::kCorrupt, "a deletion vector lacks one of its required fields");
  if (*storage != "u" && *storage != "i" && *storage != "p")
    return Fail(Code::kUnsupported, "deletion vector storage type '" + *storage + "'");
  if (*size < 0 || *cardinality < 0 || (offset && (*offset < 0 || *offset > INT32_MAX)))
    return Fail(Code::kCorrupt, "a deletion vector has a number out of range");
  vector.storage_type = std::move(*storage);
  vector.path_or_inline = std::move(*place);
  if (offset) vector.offset = static_cast<int32_t>(*offset);
  vector.size_in_bytes = *size;
  vector.cardinality = *cardinality;
  return vector;
}

Result<AddFile> ParseAdd(const json& object, AddDetail detail) {
  AddFile file;
  SALVOR_TRY(file.path, Path(object));
  SALVOR_TRY(file.partition_values, PartitionValues(object));
  SALVOR_TRY(const std::optional<int64_t> size, IntMember(object, "size"));
  file.size = std::max<int64_t>(0, size.value_or(0));  // a doubt where it is looked at, no end
  SALVOR_TRY([[maybe_unused]] const auto modified, IntMember(object, "modificationTime"));
  SALVOR_TRY(file.deletion_vector, OptionalVector(object));
  SALVOR_TRY(const std::optional<int64_t> row, IntMember(object, "baseRowId"));
  SALVOR_TRY(const std::optional<int64_t> commit, IntMember(object, "defaultRowCommitVersion"));
  file.has_row_ids = row && commit;
  file.num_records = NumRecords(object);
  if (file.num_records && file.deletion_vector &&
      file.deletion_vector->cardinality > *file.num_records)
    file.num_records.reset();
  if (detail == AddDetail::kEssential) return file;
  try {
    file.raw = object.dump();
  } catch (const json::exception&) {  // it would quote the entry
    return Fail(Code::kCorrupt, "a log entry holds text that is no UTF-8");
  }
  file.raw.shrink_to_fit();
  return file;
}

Result<RemoveFile> ParseRemove(const json& object) {
  RemoveFile file;
  SALVOR_TRY(file.path, Path(object));
  SALVOR_TRY(file.deletion_vector, OptionalVector(object));
  SALVOR_TRY(file.deletion_timestamp, IntMember(object, "deletionTimestamp"));
  SALVOR_TRY(const std::optional<bool> changes, BoolMember(object, "dataChange"));
  file.data_change = changes.value_or(true);
  return file;
}

Result<Protocol> ParseProtocol(json object) {
  Protocol protocol;
  SALVOR_TRY(protocol.min_reader, ProtocolVersion(object, "minReaderVersion"));
  SALVOR_TRY(protocol.min_writer, ProtocolVersion(object, "minWriterVersion"));
  SALVOR_TRY(protocol.reader_features, FeatureList(object, "readerFeatures"));
  SALVOR_TRY(protocol.writer_features, FeatureList(object, "writerFeatures"));
  ImplyLegacyFeatures(protocol);
  protocol.raw = std::move(object);
  return protocol;
}

Result<Metadata> ParseMetadata(json object) {
  Metadata metadata;
  SALVOR_TRY(std::optional<std::string> id, TextMember(object, "id"));
  SALVOR_TRY(std::optional<std::string> schema, TextMember(object, "schemaString"));
  metadata.id = std::move(id).value_or("");
  metadata.schema = std::move(schema).value_or("");
  SALVOR_TRY(metadata.partition_columns, FeatureList(object, "partitionColumns"));
  SALVOR_TRY(const json* configuration, ObjectMember(object, "configuration"));
  if (configuration != nullptr) {
    for (const auto& [name, value] : configuration->items()) {
      if (value.is_null()) continue;
      metadata.configuration[name] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  metadata.raw = std::move(object);
  return metadata;
}

Result<CommitInfo> ParseCommitInfo(json object) {
  // What a commit says of itself is for people: fields of a wrong type are left out, not refused.
  CommitInfo info;
  const auto text = [&object](const char* name) {
    auto member = TextMember(object, name);
    return member && *member ? **member : std::string();
  };
  if (std::string operation = text("operation"); !operation.empty())
    info.operation = std::move(operation);
  for (const char* name : {"userName", "userId", "engineInfo", "clientVersion"}) {
    info.who = text(name);
    if (!info.who.empty()) break;
  }
  if (auto timestamp = IntMember(object, "timestamp")) info.timestamp = *timestamp;
  SALVOR_TRY(info.in_commit_timestamp, IntMember(object, "inCommitTimestamp"));
  info.raw = std::move(object);
  return info;
}

}  // namespace salvor::delta
