#include "testing/fake_engine.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/digest.h"
#include "model/words_test.h"

namespace salvor::testing {
namespace {

using model::Plan;
using model::PlannedPartition;
using Rows = FakeEngine::RowSet;

// NULL is the day without a name.
std::string DayOfKey(const model::PartitionKey& key) { return key.values.front().value_or(""); }
std::string DayOf(const PlannedPartition& planned) { return DayOfKey(planned.key); }
model::PartitionKey KeyOfDay(const std::string& day) {
  return {{day.empty() ? std::nullopt : std::optional(day)}};
}

const Rows& RowsOf(const FakeEngine::Table& table, const std::string& day) {
  static const Rows kNone;
  const auto found = table.find(day);
  return found == table.end() ? kNone : found->second;
}

std::string DigestOf(const Rows& rows) {
  if (rows.empty()) return "";
  Sha256 digest;
  for (const std::string& row : rows) digest.UpdateField(row);
  return digest.FinishHex();
}

model::Tally TallyOf(const Rows& rows) {
  const auto count = static_cast<int64_t>(rows.size());
  return {.rows = count, .bytes = count, .files = count > 0 ? 1 : 0};
}

Rows Common(const Rows& a, const Rows& b) {
  Rows common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::inserter(common, common.end()));
  return common;
}

bool Holds(const Rows& whole, const Rows& part) {
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

model::Fingerprint Print(const Rows& rows) {
  return {static_cast<int64_t>(rows.size()), DigestOf(rows), "", "fake"};
}

Instant InstantOf(int64_t version) { return InstantOfMillis(version * 1000); }

model::SnapshotRef RefOf(int64_t version) { return {version, InstantOf(version)}; }

// The table at a version; nothing if the history does not reach it, or it can no longer be read.
const FakeEngine::Table* TableAt(const FakeEngine::State& state, int64_t version) {
  const FakeEngine::Table* found = nullptr;
  if (version < state.oldest_readable) return found;
  for (const auto& change : state.history) {
    if (change.version <= version) found = &change.table;
  }
  return found;
}

model::TableIdentity IdentityOf(const FakeEngine::State& state) {
  return {state.uri, "t", state.id, "fake"};
}

model::TableState StateOf(const FakeEngine::State& state) {
  return {state.version, state.schema, state.layout, state.constraints, state.protocol};
}

// One day's story, told change by change.
model::PartitionRecord Story(const FakeEngine::State& state, const std::string& day) {
  model::PartitionRecord record;
  record.key = KeyOfDay(day);
  model::Tally before;
  for (const auto& change : state.history) {
    const model::Tally now = TallyOf(RowsOf(change.table, day));
    if (now.rows < before.rows) {
      const model::Before loss{change.version, before};
      record.emptied = now.rows == 0 ? std::optional(loss) : std::nullopt;
      record.replaced = now.rows > 0 ? std::optional(loss) : std::nullopt;
      if (now.rows == 0) ++record.emptyings;
    }
    if (now.rows >= record.best.rows) {
      record.best = now;
      record.best_version = change.version;
      record.replaced.reset();
    }
    if (now.rows > 0) record.emptied.reset();
    before = now;
  }
  record.now = before;
  if (record.emptied) {
    record.files_present = record.emptied->tally.files;
    record.deadline = InstantOf(state.version) + std::chrono::hours(24 * 7);
    record.deadline_reason = "the fake keeps a week";
  }
  return record;
}

// The change as an event; nothing if it took no rows.
std::optional<model::Event> EventOf(const FakeEngine::Table& before,
                                    const FakeEngine::State::Change& change) {
  model::Event event;
  event.version = change.version;
  event.at = InstantOf(change.version);
  event.operation = change.operation;
  event.by_salvor = change.operation.starts_with("SALVOR");
  for (const auto& [day, rows] : before) {
    const auto had = static_cast<int64_t>(rows.size());
    const auto has = static_cast<int64_t>(RowsOf(change.table, day).size());
    if (has >= had) continue;
    ++event.partitions;
    if (has == 0) ++event.emptied;
    event.rows_removed += had - has;
    ++event.files_removed;
    event.changes.push_back({{{day}}, had, has, 1});
  }
  if (event.partitions == 0) return {};
  return event;
}

}  // namespace

void FakeEngine::Write(Table table, std::string operation) {
  std::erase_if(table, [](const auto& day) { return day.second.empty(); });
  state_.live = table;
  state_.history.push_back({++state_.version, std::move(operation), std::move(table)});
}

Plan FakeEngine::PlanFor(const std::vector<std::string>& days, model::Mode mode) const {
  Plan plan;
  plan.table = IdentityOf(state_);
  plan.state = StateOf(state_);
  plan.columns = {{"day", model::ColumnType::kDate}};
  plan.staging_root = "/staging";
  for (const std::string& day : days) {
    PlannedPartition planned;
    planned.key.values = {day};
    planned.disposition = model::Disposition::kRestore;
    planned.mode = mode;
    planned.snapshot = {5, {}};
    planned.restore = TallyOf(RowsOf(past_, day));
    planned.content = DigestOf(RowsOf(past_, day));
    planned.now = TallyOf(RowsOf(state_.live, day));
    planned.present = DigestOf(RowsOf(state_.live, day));
    plan.partitions.push_back(planned);
  }
  return plan;
}

class FakeEngine::FakeReader final : public warehouse::TableReader {
 public:
  explicit FakeReader(FakeEngine& engine) : state_(engine.state_) {}

  [[nodiscard]] const model::EngineWords& Words() const override { return model::TestWords(); }

  Result<model::Inventory> Look(const warehouse::LookRequest& request) override {
    ++state_.looks;
    if (state_.history.empty()) return Fail(Code::kUnsupported, "the fake has no history");
    model::Inventory inventory;
    inventory.table = IdentityOf(state_);
    inventory.version = state_.version;
    inventory.at = InstantOf(state_.version);
    inventory.columns = {{"day", model::ColumnType::kDate}};
    inventory.window = {state_.history.front().version, InstantOf(state_.history.front().version),
                        true, "all there is"};
    std::set<std::string> days;
    Table before;
    for (const auto& change : state_.history) {
      for (const auto& [day, rows] : change.table) days.insert(day);
      if (auto event = EventOf(before, change)) {
        if (!request.event_changes) event->changes.clear();
        inventory.events.push_back(*std::move(event));
      }
      before = change.table;
    }
    for (const std::string& day : days) inventory.partitions.push_back(Story(state_, day));
    return inventory;
  }
  Result<model::SnapshotRef> VersionAsOf(Instant instant) override {
    std::optional<model::SnapshotRef> found;
    for (const auto& change : state_.history) {
      if (InstantOf(change.version) <= instant) found = RefOf(change.version);
    }
    if (!found) return Fail(Code::kNotFound, "the fake is younger than that");
    return *found;
  }
  Result<warehouse::Examination> Examine(const std::vector<warehouse::Wanted>& wanted) override {
    if (state_.examine_error) return Fail(*state_.examine_error);
    warehouse::Examination examination;
    examination.state = StateOf(state_);
    for (const auto& one : wanted) {
      const Table* past = TableAt(state_, one.snapshot);
      if (past == nullptr) return Fail(Code::kTooLate, "the fake has no such snapshot");
      model::Examined& examined = examination.partitions.emplace_back();
      const Rows& then = RowsOf(*past, DayOfKey(one.key));
      const Rows& now = RowsOf(state_.live, DayOfKey(one.key));
      examined.wanted = one;
      examined.snapshot = RefOf(one.snapshot);
      examined.restore = TallyOf(then);
      examined.now = TallyOf(now);
      examined.content = DigestOf(then);
      examined.present = DigestOf(now);
      examined.files_present = examined.restore.files;
      if (const auto refused = state_.refusals.find(DayOfKey(one.key));
          refused != state_.refusals.end()) {
        examined.refusal = refused->second;
      }
    }
    return examination;
  }

  Result<std::vector<model::Compared>> Compare(
      const std::vector<warehouse::Wanted>& wanted) override {
    std::vector<model::Compared> compared;
    for (const auto& one : wanted) {
      const Table* past = TableAt(state_, one.snapshot);
      if (past == nullptr) return Fail(Code::kTooLate, "the fake has no such snapshot");
      const Rows& then = RowsOf(*past, DayOfKey(one.key));
      const Rows& now = RowsOf(state_.live, DayOfKey(one.key));
      compared.push_back({model::Relation{one.key, static_cast<int64_t>(then.size()),
                                          static_cast<int64_t>(now.size()),
                                          static_cast<int64_t>(Common(then, now).size())},
                          ""});
    }
    return compared;
  }

  Result<warehouse::Present> LookAgain(const Plan& plan) override {
    warehouse::Present present;
    present.table = IdentityOf(state_);
    present.state = StateOf(state_);
    for (const PlannedPartition* planned : model::ToRestore(plan)) {
      const Rows& rows = RowsOf(state_.live, DayOf(*planned));
      present.partitions.push_back({DigestOf(rows), TallyOf(rows)});
    }
    return present;
  }

  Result<std::vector<warehouse::Relation>> Relate(const Plan& plan, const std::string& plan_digest,
                                                  const std::vector<size_t>& which) override {
    std::vector<warehouse::Relation> relations;
    const auto planned = model::ToRestore(plan);
    for (const size_t index : which) {
      const Rows& staged = RowsOf(state_.staging[plan_digest], DayOf(*planned.at(index)));
      const Rows& present = RowsOf(state_.live, DayOf(*planned.at(index)));
      relations.push_back({planned.at(index)->key, static_cast<int64_t>(staged.size()),
                           static_cast<int64_t>(present.size()),
                           static_cast<int64_t>(Common(staged, present).size())});
    }
    return relations;
  }

  Result<std::optional<warehouse::AppliedState>> FindOperation(const Plan& /*plan*/,
                                                               const std::string& plan_digest,
                                                               const std::string& step) override {
    const auto found = state_.operations.find(model::OperationKey(plan_digest, step));
    warehouse::AppliedState applied;
    if (found == state_.operations.end()) {
      if (step != "apply" || state_.written.empty())
        return std::optional<warehouse::AppliedState>();
      applied.complete = false;
      applied.done = state_.written;
      applied.live = true;
      return std::optional(applied);
    }
    applied.applied.version = found->second.version;
    applied.live = true;
    for (const auto& [day, rows] : found->second.added) {
      if (Holds(RowsOf(state_.live, day), rows)) continue;
      applied.live = false;
      applied.lost_since.push_back("somebody took rows of " + day);
    }
    applied.files_gone = state_.files_gone;
    return std::optional(applied);
  }

  Result<std::vector<model::PartitionProof>> Prove(const Plan& plan,
                                                   const std::string& plan_digest) override {
    std::vector<model::PartitionProof> proofs;
    for (const PlannedPartition* planned : model::ToRestore(plan)) {
      model::PartitionProof proof;
      proof.key = planned->key;
      proof.planned_rows = planned->restore.rows;
      proof.staged = Print(RowsOf(state_.staging[plan_digest], DayOf(*planned)));
      proof.restored = Print(RowsOf(state_.live, DayOf(*planned)));
      proof.proven = proof.staged == proof.restored && proof.staged.rows == proof.planned_rows;
      if (!proof.proven) proof.problem = "rows differ";
      if (planned->mode == model::Mode::kInstead) {
        const auto& replaced = state_.replaced[plan_digest];
        proof.replaced = model::ReplacedProof{Print(RowsOf(replaced, DayOf(*planned))), {}};
      }
      proofs.push_back(proof);
    }
    return proofs;
  }

  Result<std::vector<std::string>> ChangesSince(const Plan& /*plan*/, int64_t version) override {
    if (state_.version == version) return std::vector<std::string>();
    return std::vector<std::string>{"something was written"};
  }

 private:
  State& state_;
};

class FakeEngine::FakeStaging final : public warehouse::StagingStore {
 public:
  explicit FakeStaging(FakeEngine& engine) : state_(engine.state_), past_(engine.past_) {}

  Result<warehouse::Persisted> Persist(const Plan& plan, const std::string& plan_digest) override {
    const bool already = state_.staging.contains(plan_digest);
    Table copy;
    for (const PlannedPartition* planned : model::ToRestore(plan)) {
      const Table* past = TableAt(state_, planned->snapshot.version);
      copy[DayOf(*planned)] = RowsOf(past == nullptr ? past_ : *past, DayOf(*planned));
      if (DigestOf(copy[DayOf(*planned)]) != planned->content) {
        return Fail(Code::kStale, "the snapshot has other rows than the plan says");
      }
    }
    state_.staging[plan_digest] = std::move(copy);
    for (const PlannedPartition* planned : model::ToRestore(plan)) {
      if (planned->mode != model::Mode::kInstead) continue;
      const Table* then = TableAt(state_, plan.state.version);
      if (then == nullptr) return Fail(Code::kTooLate, "the fake has no such snapshot");
      state_.replaced[plan_digest][DayOf(*planned)] = RowsOf(*then, DayOf(*planned));
    }
    return warehouse::Persisted{state_.staging_place, already, 1, 1, 0, "private"};
  }
  Result<std::optional<warehouse::Persisted>> Find(const Plan& /*plan*/,
                                                   const std::string& plan_digest) override {
    if (!state_.staging.contains(plan_digest)) return std::optional<warehouse::Persisted>();
    return std::optional(warehouse::Persisted{state_.staging_place, true, 1, 1, 0, "private"});
  }
  Result<bool> MarkRejected(const Plan& /*plan*/, const std::string& plan_digest,
                            const std::string& statement) override {
    if (!state_.staging.contains(plan_digest)) return false;
    state_.rejections[plan_digest].insert(statement);
    return true;
  }
  Result<std::vector<std::string>> Rejections(const Plan& /*plan*/,
                                              const std::string& plan_digest) override {
    const auto& marks = state_.rejections[plan_digest];
    return std::vector<std::string>(marks.begin(), marks.end());
  }
  Result<std::vector<warehouse::CopySeen>> CheckUnchanged(
      const Plan& /*plan*/, const std::string& /*plan_digest*/,
      const std::vector<warehouse::CopySeen>& /*seen*/) override {
    if (!state_.copy_problem.empty()) return Fail(Code::kRefused, state_.copy_problem);
    return std::vector<warehouse::CopySeen>();
  }

 private:
  State& state_;
  Table& past_;
};

class FakeEngine::FakeWriter final : public warehouse::TableWriter {
 public:
  explicit FakeWriter(FakeEngine& engine) : engine_(engine), state_(engine.state_) {}

  Result<warehouse::RestoreOutcome> Restore(
      const Plan& plan, const std::string& plan_digest,
      const std::vector<warehouse::RestoreStep>& steps) override {
    if (auto act = std::exchange(engine_.before_write_, nullptr)) act(state_);
    warehouse::RestoreOutcome outcome;
    const std::string key = model::OperationKey(plan_digest, "apply");
    if (const auto found = state_.operations.find(key); found != state_.operations.end()) {
      outcome.kind = warehouse::RestoreOutcome::Kind::kAlready;
      outcome.version = found->second.version;
      outcome.mended = std::exchange(state_.files_gone, 0);
      return outcome;
    }
    const auto planned = model::ToRestore(plan);
    for (const auto& step : steps) {
      const PlannedPartition& one = *planned.at(step.index);
      const bool saved = one.mode != model::Mode::kInstead || step.present == one.present;
      if (saved && DigestOf(RowsOf(state_.live, DayOf(one))) == step.present) continue;
      outcome.kind = warehouse::RestoreOutcome::Kind::kMoved;
      outcome.moved.push_back("partition " + DayOf(*planned.at(step.index)) + " has other rows");
      return outcome;
    }
    if (!steps.empty() && !state_.staging.contains(plan_digest)) {
      return Fail(Code::kRefused, "there is no private copy yet");
    }
    Commit(planned, plan_digest, steps, key);
    outcome.version = state_.version;
    if (auto lost = std::exchange(engine_.lost_reply_, std::nullopt)) return Fail(*std::move(lost));
    return outcome;
  }

 private:
  void Commit(const std::vector<const PlannedPartition*>& planned, const std::string& plan_digest,
              const std::vector<warehouse::RestoreStep>& steps, const std::string& key) {
    State::Operation operation;
    Table after = state_.live;
    for (const auto& step : steps) {
      const PlannedPartition& partition = *planned.at(step.index);
      const Rows& staged = RowsOf(state_.staging.at(plan_digest), DayOf(partition));
      Rows& live = after[DayOf(partition)];
      operation.replaced[DayOf(partition)] = live;
      if (partition.mode != model::Mode::kBeside) live.clear();
      live.insert(staged.begin(), staged.end());
      operation.added[DayOf(partition)] = staged;
    }
    engine_.Write(std::move(after), "SALVOR RESTORE");
    operation.version = state_.version;
    state_.operations[key] = std::move(operation);
  }

  FakeEngine& engine_;
  State& state_;
};

class FakeEngine::FakeUndoer final : public warehouse::TableUndoer {
 public:
  explicit FakeUndoer(FakeEngine& engine) : engine_(engine), state_(engine.state_) {}

  Result<warehouse::RestoreOutcome> TakeBack(const Plan& /*plan*/,
                                             const std::string& plan_digest) override {
    warehouse::RestoreOutcome outcome;
    const std::string key = model::OperationKey(plan_digest, "undo");
    if (const auto found = state_.operations.find(key); found != state_.operations.end()) {
      outcome.kind = warehouse::RestoreOutcome::Kind::kAlready;
      outcome.version = found->second.version;
      return outcome;
    }
    const auto& applied = state_.operations.at(model::OperationKey(plan_digest, "apply"));
    for (const auto& [day, rows] : applied.added) {
      if (state_.live[day] != rows) return Fail(Code::kStale, "somebody wrote to " + day);
    }
    Table after = state_.live;
    for (const auto& [day, rows] : applied.replaced) after[day] = rows;
    engine_.Write(std::move(after), "SALVOR UNDO");
    outcome.version = state_.version;
    state_.operations[key] = {outcome.version, {}, {}};
    return outcome;
  }

 private:
  FakeEngine& engine_;
  State& state_;
};

class FakeEngine::FakeDropper final : public warehouse::StagingDropper {
 public:
  explicit FakeDropper(FakeEngine& engine) : state_(engine.state_) {}

  Result<bool> Drop(const Plan& /*plan*/, const std::string& plan_digest) override {
    state_.rejections.erase(plan_digest);
    state_.replaced.erase(plan_digest);
    return state_.staging.erase(plan_digest) > 0;
  }

 private:
  State& state_;
};

std::unique_ptr<warehouse::TableReader> FakeEngine::Reader() {
  return std::make_unique<FakeReader>(*this);
}
std::unique_ptr<warehouse::StagingStore> FakeEngine::Staging() {
  return std::make_unique<FakeStaging>(*this);
}
std::unique_ptr<warehouse::TableWriter> FakeEngine::Writer() {
  return std::make_unique<FakeWriter>(*this);
}
std::unique_ptr<warehouse::TableUndoer> FakeEngine::Undoer() {
  return std::make_unique<FakeUndoer>(*this);
}
std::unique_ptr<warehouse::StagingDropper> FakeEngine::Dropper() {
  return std::make_unique<FakeDropper>(*this);
}

}  // namespace salvor::testing
