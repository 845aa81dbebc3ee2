#include "delta/recovery/compatibility.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/digest.h"
#include "delta/protocol/schema_fields.h"
#include "delta/protocol/type_widening.h"

namespace salvor::delta {
namespace {

constexpr std::string_view kConstraint = "delta.constraints.";

// Features that ask nothing of a writer that adds old files back, or whose rules are kept elsewhere
// in this file.
constexpr std::array<std::string_view, 20> kUnderstood = {
    "appendOnly",          "invariants",        "checkConstraints",    "changeDataFeed",
    "generatedColumns",    "columnMapping",     "identityColumns",     "deletionVectors",
    "rowTracking",         "timestampNtz",      "domainMetadata",      "v2Checkpoint",
    "vacuumProtocolCheck", "inCommitTimestamp", "typeWidening",        "typeWidening-preview",
    "allowColumnDefaults", "variantType",       "variantType-preview", "checkpointProtection"};

// Properties that decide how a change must be written.
constexpr std::array<const char*, 8> kDeciding = {"delta.appendOnly",
                                                  "delta.enableChangeDataFeed",
                                                  "delta.enableRowTracking",
                                                  "delta.rowTrackingSuspended",
                                                  "delta.enableIcebergCompatV1",
                                                  "delta.enableIcebergCompatV2",
                                                  "delta.enableIcebergCompatV3",
                                                  "delta.columnMapping.mode"};

bool IsIcebergCompat(std::string_view feature) { return feature.starts_with("icebergCompat"); }

std::string FeatureRefusal(const TableConfiguration& today, const std::string& feature) {
  if (std::find(kUnderstood.begin(), kUnderstood.end(), feature) != kUnderstood.end()) return {};
  if (IsIcebergCompat(feature)) {
    // "icebergCompatV2" is switched by delta.enableIcebergCompatV2.
    const std::string version = feature.substr(std::string_view("icebergCompat").size());
    if (!IsEnabled(today.metadata, "delta.enableIcebergCompat" + version)) return {};
    return fmt::format("the table keeps itself readable as Iceberg ({}), which old files may break",
                       feature);
  }
  return fmt::format("the table has the feature '{}', which salvor does not write", feature);
}

using FieldMap = std::map<std::string, const SchemaField*>;

FieldMap ByPhysicalName(const std::vector<SchemaField>& fields) {
  FieldMap map;
  for (const SchemaField& field : fields) map.emplace(field.physical, &field);
  return map;
}

std::string MappingRefusal(const TableConfiguration& then, const TableConfiguration& today) {
  const std::string old_mode = MappingModeText(then.metadata);
  const std::string mode = MappingModeText(today.metadata);
  // An upgrade from "none" keeps the old names as physical ones; whether it did is what the search
  // for each old column's physical name finds out.
  if (old_mode == mode || (old_mode == "none" && mode == "name")) return {};
  return fmt::format("column mapping was '{}' then and is '{}' now: the files would read as NULL",
                     old_mode, mode);
}

std::string PartitioningRefusal(const TableConfiguration& then, const TableConfiguration& today,
                                const FieldMap& old_fields, const FieldMap& fields) {
  auto physical = [](const Metadata& metadata, const FieldMap& map) {
    std::vector<std::string> names;
    for (const std::string& column : metadata.partition_columns) {
      const auto at = std::find_if(map.begin(), map.end(),
                                   [&](const auto& entry) { return entry.second->name == column; });
      names.push_back(at == map.end() ? column : at->first);
    }
    return names;
  };
  if (physical(then.metadata, old_fields) == physical(today.metadata, fields)) return {};
  return "the partition columns are others than they were";
}

std::string ColumnRefusal(const SchemaField& old, const FieldMap& fields,
                          const TableConfiguration& today) {
  const auto at = fields.find(old.physical);
  if (at == fields.end()) {
    return fmt::format("the column '{}' of that time is not in the table any more", old.name);
  }
  const SchemaField& now = *at->second;
  if (MappingModeText(today.metadata) == "id" && old.id != now.id) {
    return fmt::format("the column '{}' has another field id now", old.name);
  }
  if (old.type == now.type) return {};
  const bool may_widen =
      today.protocol.Writes("typeWidening") || today.protocol.Writes("typeWidening-preview");
  if (may_widen && Widens(old.type, now.type)) return {};
  return fmt::format("the column '{}' was {} and is {} now", old.name, old.type, now.type);
}

// Old rows hold whatever was allowed then: a rule made since may be broken by them.
std::string RuleRefusal(const SchemaField& now, const FieldMap& old_fields) {
  const auto at = old_fields.find(now.physical);
  const SchemaField* old = at == old_fields.end() ? nullptr : at->second;
  if (!now.nullable && (old == nullptr || old->nullable)) {
    // Inside a struct or list that is itself new, nothing is there to be NULL.
    const size_t step = now.physical.rfind('\x01');
    const bool outer_is_new =
        step != std::string::npos && old_fields.count(now.physical.substr(0, step)) == 0;
    if (!outer_is_new) return fmt::format("the column '{}' is NOT NULL since", now.name);
  }
  if (!now.invariant.empty() && (old == nullptr || old->invariant != now.invariant)) {
    return fmt::format("the column '{}' has an invariant that was not there then", now.name);
  }
  if (!now.generation.empty() && (old == nullptr || old->generation != now.generation)) {
    return fmt::format("the column '{}' is generated by a rule that was not there then", now.name);
  }
  return {};
}

std::string ConstraintRefusal(const TableConfiguration& then, const TableConfiguration& today) {
  for (const auto& [name, text] : today.metadata.configuration) {
    if (!std::string_view(name).starts_with(kConstraint)) continue;
    if (then.metadata.Property(name) == text) continue;
    return fmt::format("the CHECK constraint '{}' was not there then, or was another",
                       name.substr(kConstraint.size()));
  }
  return {};
}

std::string VectorRefusal(const TableConfiguration& today, const AddFile& file) {
  if (!file.deletion_vector) return {};
  if (!today.protocol.Writes("deletionVectors")) {
    return fmt::format(
        "the file {} has a deletion vector, and the feature 'deletionVectors' is not in the "
        "table's "
        "protocol any more: its deleted rows would come back",
        file.path);
  }
  if (!file.num_records) {
    return fmt::format("the file {} has a deletion vector, but its log entry counts no rows",
                       file.path);
  }
  return {};
}

std::string RowIdRefusal(const TableConfiguration& today, const AddFile& file) {
  if (!today.protocol.Writes("rowTracking")) return {};
  if (IsEnabled(today.metadata, "delta.rowTrackingSuspended")) return {};
  if (file.has_row_ids) return {};
  return fmt::format("the table tracks rows, and the file {} has no row ids", file.path);
}

std::string ChangedVectorRefusal(const TableConfiguration& today, const std::vector<AddFile>& adds,
                                 const std::vector<AddFile>& removed) {
  if (!IsEnabled(today.metadata, "delta.enableChangeDataFeed")) return {};
  for (const AddFile& file : removed) {
    const bool other_vector = std::any_of(
        adds.begin(), adds.end(), [&](const AddFile& add) { return add.path == file.path; });
    if (!other_vector) continue;
    return fmt::format(
        "the deletion vector of {} would change while the table keeps a change data feed "
        "(delta.enableChangeDataFeed), which needs change files that salvor does not write",
        file.path);
  }
  return {};
}

}  // namespace

std::string TableRefusal(const TableConfiguration& today) {
  const std::vector<std::string>& features = today.protocol.writer_features;
  std::vector<std::string> all = features;
  all.insert(all.end(), today.protocol.reader_features.begin(),
             today.protocol.reader_features.end());
  if (today.protocol.min_writer > 7 || today.protocol.min_reader > 3) {
    return fmt::format("the table's protocol (reader {}, writer {}) is newer than salvor",
                       today.protocol.min_reader, today.protocol.min_writer);
  }
  for (const std::string& feature : all) {
    std::string refusal = FeatureRefusal(today, feature);
    if (!refusal.empty()) return refusal;
  }
  for (const auto& [name, text] : today.metadata.configuration) {
    if (std::string_view(name).starts_with("delta.coordinatedCommits.") ||
        std::string_view(name).starts_with("delta.redirect")) {
      return fmt::format("the table has the property '{}', which salvor does not write", name);
    }
  }
  return {};
}

Result<std::string> SchemaRefusal(const TableConfiguration& then, const TableConfiguration& today) {
  SALVOR_TRY(const std::vector<SchemaField> old_list, SchemaFields(then.metadata));
  SALVOR_TRY(const std::vector<SchemaField> list, SchemaFields(today.metadata));
  const FieldMap old_fields = ByPhysicalName(old_list);
  const FieldMap fields = ByPhysicalName(list);
  std::string refusal = MappingRefusal(then, today);
  if (refusal.empty()) refusal = PartitioningRefusal(then, today, old_fields, fields);
  for (const SchemaField& old : old_list) {
    if (refusal.empty()) refusal = ColumnRefusal(old, fields, today);
  }
  for (const SchemaField& now : list) {
    if (refusal.empty()) refusal = RuleRefusal(now, old_fields);
  }
  if (refusal.empty()) refusal = ConstraintRefusal(then, today);
  return refusal;
}

std::string FilesRefusal(const TableConfiguration& today, model::Mode mode,
                         const std::vector<AddFile>& adds, const std::vector<AddFile>& removed) {
  const bool replaces = model::Replaces(mode) || mode == model::Mode::kInvert;
  if (replaces && IsEnabled(today.metadata, "delta.appendOnly")) {
    return "the table is append-only (delta.appendOnly): nothing in it may be replaced";
  }
  for (const AddFile& file : adds) {
    std::string refusal = VectorRefusal(today, file);
    if (refusal.empty()) refusal = RowIdRefusal(today, file);
    if (!refusal.empty()) return refusal;
  }
  return ChangedVectorRefusal(today, adds, removed);
}

std::vector<std::string> WritingWarnings(const TableConfiguration& today) {
  std::vector<std::string> warnings;
  warnings.emplace_back(
      "Streams that read this table will deliver the restored rows again, as new rows.");
  if (IsEnabled(today.metadata, "delta.enableChangeDataFeed")) {
    warnings.emplace_back(
        "The table keeps a change data feed: the restored rows will appear in it as inserts.");
  }
  if (IsEnabled(today.metadata, "delta.appendOnly")) {
    warnings.emplace_back(
        "The table is append-only (delta.appendOnly): what is added cannot be undone, and no "
        "partition can be replaced.");
  }
  if (today.protocol.Writes("rowTracking")) {
    warnings.emplace_back("The table tracks rows: the restored rows keep their old row ids.");
  }
  return warnings;
}

Result<model::TableState> DigestConfiguration(const TableConfiguration& configuration) {
  SALVOR_TRY(const std::vector<SchemaField> fields, SchemaFields(configuration.metadata));
  Sha256 schema;
  Sha256 layout;
  Sha256 constraints;
  Sha256 protocol;
  for (const SchemaField& field : fields) {
    for (const std::string& text :
         {field.name, field.physical, field.type, std::string(field.nullable ? "null" : "not null"),
          field.id ? std::to_string(*field.id) : std::string()}) {
      schema.UpdateField(text);
    }
    if (field.invariant.empty() && field.generation.empty()) continue;
    for (const std::string& text : {field.physical, field.invariant, field.generation}) {
      constraints.UpdateField(text);
    }
  }
  for (const std::string& column : configuration.metadata.partition_columns) {
    for (const SchemaField& field : fields) {
      if (field.name == column) layout.UpdateField(field.physical);
    }
    layout.UpdateField(column);
  }
  layout.UpdateField(MappingModeText(configuration.metadata));
  for (const auto& [name, text] : configuration.metadata.configuration) {
    if (!std::string_view(name).starts_with(kConstraint)) continue;
    constraints.UpdateField(name);
    constraints.UpdateField(text);
  }
  protocol.UpdateField(std::to_string(configuration.protocol.min_reader));
  protocol.UpdateField(std::to_string(configuration.protocol.min_writer));
  for (std::vector<std::string> features :
       {configuration.protocol.reader_features, configuration.protocol.writer_features}) {
    std::sort(features.begin(), features.end());
    protocol.UpdateField(std::to_string(features.size()));
    for (const std::string& feature : features) protocol.UpdateField(feature);
  }
  for (const char* property : kDeciding) {
    protocol.UpdateField(configuration.metadata.Property(property).value_or(""));
  }
  return model::TableState{.version = 0,
                           .schema = schema.FinishHex(),
                           .layout = layout.FinishHex(),
                           .constraints = constraints.FinishHex(),
                           .protocol = protocol.FinishHex()};
}

}  // namespace salvor::delta
