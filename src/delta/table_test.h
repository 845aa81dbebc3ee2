// A Delta table in memory for tests: its log is written by hand, and of its files nothing but the
// footers can be read.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "delta/engine.h"
#include "delta/parquet/parquet_file_test.h"
#include "delta/protocol/deletion_vector.h"
#include "delta/table/table_log.h"
#include "io/fs.h"
#include "model/plan.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::delta {

using Json = nlohmann::json;

inline constexpr const char* kTable = "/lake/t";

class TestTable {
 public:
  // One partition column "d" (string) and one data column "x" (long); legacy protocol 1, 2.
  TestTable() {
    fs.PutFolder("/lake");
    fs.PutFolder(kTable);
    fs.PutFolder(std::string(kTable) + "/_delta_log");
  }

  static Json Field(const std::string& name, const Json& type, bool nullable = true,
                    Json metadata = Json::object()) {
    return {
        {"name", name}, {"type", type}, {"nullable", nullable}, {"metadata", std::move(metadata)}};
  }
  static Json Schema(Json fields) { return {{"type", "struct"}, {"fields", std::move(fields)}}; }
  static Json UsualSchema() { return Schema({Field("d", "string"), Field("x", "long")}); }

  static Json Metadata(Json configuration = Json::object(), const Json& schema = UsualSchema()) {
    return {{"metaData",
             {{"id", "11111111-2222-3333-4444-555555555555"},
              {"format", {{"provider", "parquet"}, {"options", Json::object()}}},
              {"schemaString", schema.dump()},
              {"partitionColumns", {"d"}},
              {"configuration", std::move(configuration)},
              {"createdTime", 1}}}};
  }
  static Json Protocol(int reader = 1, int writer = 2) {
    return {{"protocol", {{"minReaderVersion", reader}, {"minWriterVersion", writer}}}};
  }
  static Json Features(const std::vector<std::string>& reader,
                       const std::vector<std::string>& writer) {
    Json protocol = Protocol(3, 7);
    protocol["protocol"]["readerFeatures"] = reader;
    protocol["protocol"]["writerFeatures"] = writer;
    return protocol;
  }

  static std::string Bytes(const std::string& path, int64_t rows = 10) {
    return TinyParquet{.content = "rows of " + path, .rows = rows}.Bytes();
  }
  // An add action, and its file on the disk.
  Json Add(const std::string& path, const std::string& day, int64_t rows = 10) {
    const std::string bytes = Bytes(path, rows);
    if (!fs.Lstat(Local(path)).value()) fs.Put(Local(path), bytes);
    return {{"add",
             {{"path", path},
              {"partitionValues", {{"d", day}}},
              {"size", bytes.size()},
              {"modificationTime", MillisOf(clock.Now())},
              {"dataChange", true},
              {"stats", Json({{"numRecords", rows}}).dump()}}}};
  }
  // With a vector in a file of its own, which salvor's UUID-named files are told apart from.
  // One file that deletes rows 1, 2 and 3.
  static std::string VectorBytes() {
    const auto big_endian = [](uint64_t value) {
      std::string bytes;
      for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        bytes += static_cast<char>(value >> shift & 0xFFU);
      }
      return bytes;
    };
    // Magic, one bucket, key 0; then a bitmap of one array container.
    const std::string vector(
        "\xD1\xD3\x39\x64\1\0\0\0\0\0\0\0\0\0\0\0\x3A\x30\0\0\1\0\0\0\0\0\2\0\x10\0\0\0"
        "\1\0\2\0\3\0",
        38);
    return "\1" + big_endian(vector.size()) + vector + big_endian(Crc32(vector));
  }
  Json WithVector(Json add, const std::string& file_bytes = VectorBytes()) {
    // 20 characters of Z85 for the UUID whose every digit is 0.
    fs.Put(Local("deletion_vector_00000000-0000-0000-0000-000000000000.bin"), file_bytes);
    add["add"]["deletionVector"] = {{"storageType", "u"},
                                    {"pathOrInlineDv", "00000000000000000000"},
                                    {"offset", 1},
                                    {"sizeInBytes", 38},
                                    {"cardinality", 3}};
    return add;
  }
  [[nodiscard]] Json Remove(const Json& add, bool data_change = true) const {
    Json remove = {{"path", add["add"]["path"]},
                   {"deletionTimestamp", MillisOf(clock.Now())},
                   {"dataChange", data_change}};
    if (add["add"].contains("deletionVector")) {
      remove["deletionVector"] = add["add"]["deletionVector"];
    }
    return {{"remove", remove}};
  }

  // Writes the next version; its number.
  int64_t Commit(const std::vector<Json>& actions, const std::string& operation = "WRITE") {
    clock.Advance(Millis(1000));
    std::string bytes =
        Json({{"commitInfo", {{"operation", operation}, {"timestamp", MillisOf(clock.Now())}}}})
            .dump() +
        "\n";
    for (const Json& action : actions) bytes += action.dump() + "\n";
    fs.Put(CommitFile(++latest), bytes);
    return latest;
  }

  // Version 0: day a; version 1: day b; version 2: day b deleted.
  void LoseDayB(const Json& protocol = Protocol(), const Json& metadata = Metadata()) {
    Commit({protocol, metadata, Add("d=a/a.parquet", "a")});
    const Json lost = Add("d=b/b.snappy.parquet", "b");
    Commit({lost});
    Commit({Remove(lost)}, "DELETE");
  }

  static std::string Local(const std::string& path) { return std::string(kTable) + "/" + path; }
  static std::string CommitFile(int64_t version) {
    std::string digits = std::to_string(version);
    digits.insert(0, 20 - digits.size(), '0');
    return Local("_delta_log/" + digits + ".json");
  }

  // The actions of one kind in a commit.
  std::vector<Json> Actions(int64_t version, const std::string& kind) {
    constexpr int64_t kLimit = 1 << 20;
    std::vector<Json> found;
    std::string bytes = fs.ReadFile(CommitFile(version), kLimit).value();
    for (size_t at = 0; at < bytes.size();) {
      const size_t end = bytes.find('\n', at);
      Json line = Json::parse(bytes.substr(at, end - at));
      if (line.contains(kind)) found.push_back(line[kind]);
      at = end + 1;
    }
    return found;
  }

  testing::ScriptedClock clock{InstantOfMillis(1'700'000'000'000)};
  testing::MemFs fs{clock};
  int64_t latest = -1;
};

// A plan for partitions of such a table, made by the engine itself.
struct TestCase {
  model::Plan plan;
  std::string digest;
  model::Examination examination;
};

inline warehouse::Wanted Want(const std::string& day, int64_t snapshot,
                              model::Mode mode = model::Mode::kAdd,
                              std::optional<int64_t> event = {}) {
  return {.key = {{day}}, .mode = mode, .snapshot = snapshot, .event = event};
}

inline std::unique_ptr<warehouse::Engine> OpenTable(TestTable& table) {
  auto engine = MakeEngine(table.fs, table.clock, warehouse::NoProgress(), kTable);
  EXPECT_TRUE(engine) << engine.error().Message();
  return std::move(*engine);
}

inline TestCase PlanFor(warehouse::Engine& engine, const std::vector<warehouse::Wanted>& wanted) {
  TestCase made;
  auto examination = engine.Reader()->Examine(wanted);
  EXPECT_TRUE(examination) << examination.error().Message();
  made.examination = *examination;
  made.plan.columns = {{"d", model::ColumnType::kString}};
  made.plan.staging_root = "/staging";
  made.plan.state = examination->state;
  for (const model::Examined& one : examination->partitions) {
    model::PlannedPartition partition;
    partition.key = one.wanted.key;
    partition.disposition = model::Disposition::kRestore;
    partition.mode = one.wanted.mode;
    partition.event = one.wanted.event;
    partition.snapshot = one.snapshot;
    partition.restore = one.restore;
    partition.now = one.now;
    partition.content = one.content;
    partition.present = one.present;
    made.plan.partitions.push_back(partition);
  }
  auto present = engine.Reader()->LookAgain(made.plan);
  EXPECT_TRUE(present) << present.error().Message();
  made.plan.table = present->table;
  made.digest = model::PlanDigest(model::FormatPlan(made.plan));
  return made;
}

// The steps that apply would decide on for the table as it is.
inline std::vector<warehouse::RestoreStep> StepsNow(warehouse::Engine& engine,
                                                    const TestCase& made) {
  auto present = engine.Reader()->LookAgain(made.plan);
  EXPECT_TRUE(present) << present.error().Message();
  std::vector<warehouse::RestoreStep> steps;
  for (size_t i = 0; i < present->partitions.size(); ++i) {
    steps.push_back({i, present->partitions[i].present});
  }
  return steps;
}

inline Result<warehouse::Persisted> PersistNow(warehouse::Engine& engine, const TestCase& made) {
  return engine.Staging()->Persist(made.plan, made.digest);
}

inline Result<warehouse::RestoreOutcome> ApplyNow(warehouse::Engine& engine, const TestCase& made) {
  return engine.Writer()->Restore(made.plan, made.digest, StepsNow(engine, made));
}

}  // namespace salvor::delta
