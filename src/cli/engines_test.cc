// The program with an engine of the tests' own: a row is all that it takes.
#include "workspace/engines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/program.h"
#include "io/process.h"
#include "model/words_test.h"
#include "testing/fake_engine.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"
#include "testing/scripted_environment.h"

namespace salvor::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;
using Table = salvor::testing::FakeEngine::Table;

// The table outlives the commands that open it.
class Opened final : public warehouse::Engine {
 public:
  explicit Opened(warehouse::Engine& engine) : engine_(engine) {}
  std::unique_ptr<warehouse::TableReader> Reader() override { return engine_.Reader(); }
  std::unique_ptr<warehouse::StagingStore> Staging() override { return engine_.Staging(); }
  std::unique_ptr<warehouse::TableWriter> Writer() override { return engine_.Writer(); }
  std::unique_ptr<warehouse::TableUndoer> Undoer() override { return engine_.Undoer(); }
  std::unique_ptr<warehouse::StagingDropper> Dropper() override { return engine_.Dropper(); }
  Result<std::string> ByHand(const model::Plan& plan, const std::string& digest) override {
    return engine_.ByHand(plan, digest);
  }
  Result<std::vector<std::string>> Operations(const model::Plan& plan,
                                              const std::string& digest) override {
    return engine_.Operations(plan, digest);
  }
  [[nodiscard]] std::string DefaultStaging() const override { return engine_.DefaultStaging(); }

 private:
  warehouse::Engine& engine_;
};

struct Ended {
  int exit = 0;
  std::string out;
  std::string err;
};

class EnginesTest : public ::testing::Test {
 protected:
  EnginesTest() : fs_(clock_) {
    fs_.PutFolder("/cases", 01777);
    fs_.PutFolder("/etc", 0755);
    Configure("warehouses: {}\n");
    engine_.Write({}, "CREATE TABLE");
    engine_.Write(kWhole, "WRITE");
    engine_.Write({}, "DELETE");
  }

  void Configure(const std::string& text) { fs_.Put("/etc/salvor.yaml", text); }

  // The whole of what a third engine adds to the program.
  workspace::EngineRow Fake() {
    return {
        .scheme = "fake:",
        .words = model::TestWords,
        .shared = false,
        .open = [this](workspace::Workspace& /*workspace*/, const std::string& address,
                       const workspace::EngineFlags& /*flags*/) { return Open(address); },
        .staging = [](const io::FsReader& /*fs*/, const workspace::StagingChoice& wish)
            -> Result<std::string> { return wish.asked; },
        .principal = [](workspace::Workspace& /*workspace*/) -> Result<std::string> {
          return "ann@fake";
        },
    };
  }

  Result<std::unique_ptr<warehouse::Engine>> Open(const std::string& address) {
    engine_.Scene().uri = address;
    return std::unique_ptr<warehouse::Engine>(std::make_unique<Opened>(engine_));
  }

  Ended Run(std::vector<workspace::EngineRow> engines, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--config", "/etc/salvor.yaml", "--no-input"});
    CaptureStdout();
    CaptureStderr();
    Ended ended;
    ended.exit = RunProgram(std::move(arguments), {fs_, clock_, processes_, environment_},
                            std::move(engines));
    ended.out = GetCapturedStdout();
    ended.err = GetCapturedStderr();
    return ended;
  }
  Ended RunWithFake(std::vector<std::string> arguments) {
    std::vector<workspace::EngineRow> engines = workspace::KnownEngines();
    engines.insert(engines.begin(), Fake());
    return Run(std::move(engines), std::move(arguments));
  }
  // The row of BigQuery as it is, but for what asks the service.
  Ended RunWithBigQuery(std::vector<std::string> arguments) {
    std::vector<workspace::EngineRow> engines = workspace::KnownEngines();
    workspace::EngineRow& bigquery = engines.front();
    EXPECT_EQ(bigquery.scheme, "bigquery:");
    bigquery.open = Fake().open;
    bigquery.now = {};
    bigquery.principal = {};
    return Run(std::move(engines), std::move(arguments));
  }

  const Table kWhole = {{"2024-01-01", {"a", "a", "b"}}, {"2024-01-02", {"c"}}};
  salvor::testing::ScriptedClock clock_;
  salvor::testing::MemFs fs_;
  io::PosixProcesses processes_;
  salvor::testing::ScriptedEnvironment environment_;
  salvor::testing::FakeEngine engine_;
};

constexpr int kDone = static_cast<int>(Exit::kDone);

TEST_F(EnginesTest, AThirdEngineIsARow) {
  const Ended status = RunWithFake({"status", "fake:t"});
  EXPECT_EQ(status.exit, static_cast<int>(Exit::kLossRecoverable)) << status.err;
  EXPECT_THAT(status.out, HasSubstr("2024-01-02"));
  const Ended history = RunWithFake({"history", "fake:t"});
  EXPECT_EQ(history.exit, kDone) << history.err;
  const Ended plan = RunWithFake({"plan", "fake:t", "--case", "/cases/one"});
  ASSERT_EQ(plan.exit, kDone) << plan.err;
  const Ended persist = RunWithFake({"persist", "/cases/one"});
  ASSERT_EQ(persist.exit, kDone) << persist.err;
  const Ended apply = RunWithFake({"apply", "/cases/one", "--yes"});
  ASSERT_EQ(apply.exit, kDone) << apply.err;
  EXPECT_EQ(engine_.Scene().live, kWhole);
  const Ended verify = RunWithFake({"verify", "/cases/one"});
  EXPECT_EQ(verify.exit, kDone) << verify.err;
  const Ended clean = RunWithFake({"clean", "/cases/one"});
  EXPECT_EQ(clean.exit, kDone) << clean.err;
  EXPECT_TRUE(engine_.Scene().staging.empty());
  const auto journal = fs_.ReadFile("/cases/one/journal.jsonl", 1 << 20);
  ASSERT_TRUE(journal) << journal.error().Message();
  EXPECT_THAT(*journal, HasSubstr("ann@fake"));
}

TEST_F(EnginesTest, WhatNoRowClaimsIsAPath) {
  const Ended status = RunWithFake({"status", "other:t"});
  EXPECT_NE(status.exit, kDone);
  EXPECT_THAT(status.err, HasSubstr("there is no warehouse 'other'"));
  EXPECT_EQ(engine_.Scene().looks, 0);
}

TEST_F(EnginesTest, TablesInStoresAreRefusedByName) {
  for (const char* const table :
       {"gs://lake/t", "abfss://c@a.dfs.core.windows.net/t", "hdfs://name/t", "dbfs:/t"}) {
    for (const char* const verb : {"status", "history"}) {
      const Ended ended = RunWithFake({verb, table});
      EXPECT_EQ(ended.exit, static_cast<int>(ExitFor(Code::kUnsupported))) << table;
      EXPECT_THAT(ended.err, HasSubstr("salvor does not read Delta tables in ")) << table;
      EXPECT_THAT(ended.err, HasSubstr("name the folder")) << table;
    }
    const Ended plan = RunWithFake({"plan", table, "--case", "/cases/one", "--staging", table});
    EXPECT_EQ(plan.exit, static_cast<int>(ExitFor(Code::kUnsupported))) << table;
  }
  const auto staging = workspace::KnownEngines().back().staging(fs_, {"s3://a/b", ""});
  ASSERT_FALSE(staging);
  EXPECT_EQ(staging.error().code, Code::kUnsupported);
  EXPECT_THAT(staging.error().Message(), HasSubstr("--staging must be a folder"));
}

TEST_F(EnginesTest, DoctorWithoutKeysSaysWhereItLooked) {
  environment_.Set("AWS_EC2_METADATA_DISABLED", "true");
  environment_.Set("HOME", "/home/ann");
  const Ended doctor = RunWithFake({"doctor", "s3://lake/t"});
  EXPECT_EQ(doctor.exit, static_cast<int>(ExitFor(Code::kPermission)));
  EXPECT_THAT(doctor.err, HasSubstr("/home/ann/.aws/credentials"));
  EXPECT_EQ(RunWithFake({"status", "s3://lake/t"}).exit,
            static_cast<int>(ExitFor(Code::kPermission)));
  EXPECT_EQ(RunWithFake({"doctor", "s3://lake/a//b"}).exit,
            static_cast<int>(ExitFor(Code::kInvalidArgument)));
}

TEST_F(EnginesTest, DoctorSaysWhichTablesItLooksAt) {
  const Ended doctor = RunWithFake({"doctor", "fake:t"});
  EXPECT_EQ(doctor.exit, static_cast<int>(ExitFor(Code::kUnsupported)));
  EXPECT_THAT(doctor.err, HasSubstr("doctor looks at tables of BigQuery and in S3 only"));
}

TEST_F(EnginesTest, StagingThatNobodyNamedIsMissedBeforeTheLook) {
  Configure("warehouses:\n  prod: {bigquery: {project: p}}\n");
  for (const char* table : {"prod:ds.t", "bigquery:p.ds.t", "bigquery:elsewhere.ds.t"}) {
    const Ended plan = RunWithBigQuery({"plan", table, "--case", "/cases/one"});
    EXPECT_EQ(plan.exit, static_cast<int>(ExitFor(Code::kInvalidArgument))) << table;
    EXPECT_THAT(plan.err, HasSubstr("where the private copy goes is a person's choice")) << table;
    EXPECT_EQ(engine_.Scene().looks, 0) << table;
  }
}

TEST_F(EnginesTest, StagingOfTheWarehouseIsTakenWhicheverWayTheTableIsNamed) {
  Configure("warehouses:\n  prod: {bigquery: {project: p, staging: locked.copies}}\n");
  for (const char* table : {"prod:ds.t", "bigquery:p.ds.t"}) {
    const std::string folder = std::string("/cases/") + (table[0] == 'p' ? "one" : "two");
    const Ended plan = RunWithBigQuery({"plan", table, "--case", folder});
    EXPECT_EQ(plan.exit, kDone) << plan.err;
    const auto written = fs_.ReadFile(folder + "/plan.json", 1 << 20);
    ASSERT_TRUE(written) << written.error().Message();
    EXPECT_THAT(*written, HasSubstr("locked.copies"));
  }
}

TEST_F(EnginesTest, WhatPeopleShareIsNotWrittenToWithoutAnApproval) {
  Configure("warehouses:\n  prod: {bigquery: {project: p, staging: locked.copies}}\n");
  ASSERT_EQ(RunWithBigQuery({"plan", "prod:ds.t", "--case", "/cases/one"}).exit, kDone);
  ASSERT_EQ(RunWithBigQuery({"persist", "/cases/one"}).exit, kDone);
  const Ended apply = RunWithBigQuery({"apply", "/cases/one", "--yes"});
  EXPECT_EQ(apply.exit, static_cast<int>(ExitFor(Code::kRefused))) << apply.err;
  EXPECT_TRUE(engine_.Scene().live.empty());
}

TEST_F(EnginesTest, CaseInsideATableIsRefusedBeforeTheLook) {
  fs_.PutFolder("/lake/t/_delta_log", 0755);
  for (const char* folder : {"/lake/t", "/lake/t/inc", "/lake/t/a/b"}) {
    const Ended plan = RunWithFake({"plan", "fake:t", "--case", folder});
    EXPECT_EQ(plan.exit, static_cast<int>(ExitFor(Code::kRefused))) << folder;
    EXPECT_THAT(plan.err, HasSubstr("VACUUM")) << folder;
  }
  EXPECT_EQ(engine_.Scene().looks, 0);
  EXPECT_EQ(RunWithFake({"plan", "fake:t", "--case", "/cases/one"}).exit, kDone);
}

TEST_F(EnginesTest, FolderThatCannotBeStagingIsRefusedBeforeTheLook) {
  std::vector<workspace::EngineRow> engines = workspace::KnownEngines();
  engines.back().open = Fake().open;
  fs_.PutFolder("/lake/t", 0755);
  const Ended plan = Run(std::move(engines),
                         {"plan", "/lake/t", "--case", "/cases/one", "--staging", "/none/copies"});
  EXPECT_NE(plan.exit, kDone);
  EXPECT_THAT(plan.err, HasSubstr("mkdir -p /none"));
  EXPECT_EQ(engine_.Scene().looks, 0);
}

}  // namespace
}  // namespace salvor::cli
