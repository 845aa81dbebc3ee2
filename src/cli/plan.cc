#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "base/shell_word.h"
#include "base/text.h"
#include "bigquery/rest/table_name.h"
#include "cli/case_command.h"
#include "cli/look.h"
#include "recovery/sign.h"
#include "recovery/step.h"
#include "report/plan_report.h"
#include "triage/decide.h"
#include "triage/judge.h"
#include "triage/select.h"

namespace salvor::cli {
namespace {

struct Options {
  std::string table;
  std::string folder;
  std::string since;
  std::optional<int64_t> event;
  std::optional<int64_t> version;
  std::string as_of;
  bool latest = false;
  std::vector<std::string> partitions;
  std::vector<std::string> include;
  std::string staging;
  bool by_name = false;
  bool allow_unchecked_iam = false;
  std::string definition;
  std::string who;
  std::string key;
};

Result<std::optional<int64_t>> ChosenVersion(warehouse::TableReader& reader,
                                             const Options& options) {
  if (options.as_of.empty()) return options.version;
  SALVOR_TRY(Instant instant, ParseInstant(options.as_of));
  SALVOR_TRY(model::SnapshotRef snapshot, reader.VersionAsOf(instant));
  return std::optional<int64_t>(snapshot.version);
}

bool Includes(const Options& options, const char* what) {
  return std::find(options.include.begin(), options.include.end(), what) != options.include.end();
}

// A path that means the same from any working folder. Only its last part may not exist yet.
Result<std::string> AbsoluteFolder(const io::FsReader& fs, const std::string& path) {
  const std::string parent = io::ParentPath(path);
  auto real = fs.RealPath(path);
  if (real) return real;
  if (real.error().code != Code::kNotFound) return Fail(std::move(real).error());
  auto real_parent = fs.RealPath(parent);
  if (!real_parent) {
    return Fail(std::move(real_parent).error().At(path).Next("Make the folder above it first"));
  }
  return io::JoinPath(*real_parent, io::BaseName(path));
}

Result<std::string> StagingRoot(Session& session, const warehouse::Engine& engine,
                                const std::string& address, const Options& options) {
  SALVOR_TRY(const config::Config* config, session.Config());
  const auto found = config::FindTable(*config, address);
  const std::string configured = found ? found->staging : "";
  if (!address.starts_with("bigquery:")) {
    if (!options.staging.empty()) return AbsoluteFolder(session.Files(), options.staging);
    return configured.empty() ? engine.DefaultStaging() : configured;
  }
  const std::string& staging = options.staging.empty() ? configured : options.staging;
  if (staging.empty()) {
    return Fail(Code::kInvalidArgument, "where the private copy goes is a person's choice",
                "--staging",
                "Give --staging PROJECT.DATASET, a dataset that few people can read, or name it in "
                "salvor.yaml");
  }
  SALVOR_TRY(const auto dataset, bigquery::ParseDatasetName(staging));
  return bigquery::FormatName(dataset);
}

// The policy that the plan carries, and its author where somebody must approve.
struct Reviewed {
  model::ReviewPolicy policy;
  std::optional<model::Identity> author;
};

Result<Reviewed> ReviewOf(Session& session, const model::TableIdentity& table) {
  SALVOR_TRY(custody::Rules rules, LoadRules(session, table));
  Reviewed reviewed{std::move(rules.today), std::nullopt};
  if (reviewed.policy.approvals == 0) {
    reviewed.policy.signers.clear();
    reviewed.policy.people.clear();
    return reviewed;
  }
  SALVOR_TRY(reviewed.author, session.Identify(table.uri));
  return reviewed;
}

// A warehouse that salvor.yaml says is elsewhere is not the one that was meant.
Status CheckLocation(Session& session, const model::Plan& plan) {
  SALVOR_TRY(const config::Config* config, session.Config());
  const auto found = config::FindTable(*config, plan.table.uri);
  if (!found || !found->warehouse->bigquery) return Done{};
  const std::string& location = found->warehouse->bigquery->location;
  if (location.empty() || location == plan.pins.location) return Done{};
  return Fail(
      Code::kInvalidArgument,
      fmt::format("the table lies in {}, and salvor.yaml says {}", plan.pins.location, location),
      config->path, "Correct warehouses." + found->warehouse->name);
}

// The author's signature over a plan that is no case yet; nothing where none is asked for.
Result<std::optional<custody::JudgedStatement>> AuthorsWord(Session& session,
                                                            const model::Plan& plan,
                                                            const Options& options) {
  if (options.who.empty()) return std::optional<custody::JudgedStatement>();
  recovery::Operator by;
  SALVOR_TRY(by.rules, LoadRules(session, plan.table));
  by.processes = &session.Processes();
  const recovery::Case incident{options.folder, plan, model::PlanDigest(model::FormatPlan(plan))};
  SALVOR_TRY(auto judged,
             recovery::SignAsAuthor(incident, by, session.Clock().Now(),
                                    {options.who, options.key, !session.Set().no_input}));
  return std::optional(std::move(judged));
}

// Who made the plan, for those whose review comes later. The first lines of a new case.
Status NoteAuthor(Session& session, const recovery::Case& incident,
                  const std::optional<custody::JudgedStatement>& word) {
  recovery::Operator by;
  SALVOR_TRY(by.identity, session.Identify(incident.plan.table.uri));
  SALVOR_TRY(recovery::Step step,
             recovery::Step::Begin(session.Files(), session.Clock(), incident, "plan", by));
  if (step.Past().empty()) {
    SALVOR_OK(step.Note({{"who", by.identity.name},
                         {"identity", recovery::ToJson(by)},
                         {"table", incident.plan.table.uri}}));
  }
  if (!word) return Done{};
  SALVOR_TRY([[maybe_unused]] const std::string path,
             recovery::KeepStatement(session.Files(), incident, step, *word));
  return Done{};
}

// A plan, and what is said of the making of it: no part of it.
struct Made {
  model::Plan plan;
  std::vector<std::string> notes;
};

std::string NotesText(const Made& made) {
  std::string text;
  for (const std::string& note : made.notes) text += "note: " + Printable(note) + "\n";
  return text;
}

// How far back the look must go, and which changes of partitions it must tell: by default every
// partition comes back from right before its last loss, and nothing was taken out of it since.
void ReachFor(const triage::Choice& choice, bool partitions_are_named,
              warehouse::LookRequest& request) {
  request.event_changes = choice.event || choice.version || partitions_are_named ||
                          choice.include_partial || choice.include_changed;
  if (choice.event) request.reach_version = *choice.event;
  if (choice.version) request.reach_version = *choice.version + 1;
  request.changes_from = request.reach_version.value_or(0);
}

// What can no longer be read costs itself alone: the others are examined without it. kTooLate where
// nothing can be read.
Result<model::Examination> ExamineReadable(warehouse::TableReader& reader,
                                           const std::vector<model::Wanted>& wanted) {
  auto all = reader.Examine(wanted);
  if (all || all.error().code != Code::kTooLate) return all;
  std::vector<model::Wanted> readable;
  std::vector<std::string> problems;
  for (const model::Wanted& one : wanted) {
    const auto alone = reader.Examine({one});
    if (!alone && alone.error().code != Code::kTooLate) return Fail(alone.error());
    if (alone) readable.push_back(one);
    problems.push_back(alone ? "" : alone.error().what);
  }
  if (readable.empty()) return all;
  SALVOR_TRY(model::Examination examination, reader.Examine(readable));
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (problems[i].empty()) continue;
    model::Examined unreadable;
    unreadable.wanted = wanted[i];
    unreadable.snapshot.version = wanted[i].snapshot;
    unreadable.refusal = std::move(problems[i]);
    examination.partitions.insert(examination.partitions.begin() + static_cast<ptrdiff_t>(i),
                                  std::move(unreadable));
  }
  return examination;
}

// What a person could ask for.
Status AskOfOffers(warehouse::TableReader& reader, const std::string& gone, triage::Draft& draft) {
  const std::vector<model::Wanted> offered = draft.Offered();
  if (offered.empty()) return Done{};
  auto examination = ExamineReadable(reader, offered);
  if (!examination && examination.error().code != Code::kTooLate)
    return Fail(std::move(examination).error());
  std::vector<model::Examined> answers(offered.size());
  if (examination) {
    answers = std::move(examination->partitions);
  } else {
    for (model::Examined& answer : answers) answer.refusal = examination.error().what;
  }
  triage::TakeAnswers(answers, gone, draft);
  return Done{};
}

Result<Made> MakePlan(Session& session, warehouse::Engine& engine, const Options& options) {
  // Before a look that may take minutes and be billed.
  if (options.table.starts_with("bigquery:")) {
    SALVOR_TRY([[maybe_unused]] const std::string staging,
               StagingRoot(session, engine, options.table, options));
  }
  const auto reader = engine.Reader();
  triage::Choice choice;
  choice.event = options.event;
  choice.latest = options.latest;
  choice.include_partial = Includes(options, "partial");
  choice.include_changed = Includes(options, "changed");
  SALVOR_TRY(choice.version, ChosenVersion(*reader, options));
  SALVOR_TRY(warehouse::LookRequest request, MakeLookRequest(options.since, session.Clock().Now()));
  ReachFor(choice, !options.partitions.empty(), request);
  SALVOR_TRY(model::Inventory inventory, reader->Look(request));
  const model::Assessment assessment = triage::Judge(inventory);
  if (!options.partitions.empty()) {
    SALVOR_TRY(auto keys, triage::SelectPartitions(inventory, options.partitions));
    choice.only.emplace(keys.begin(), keys.end());
  }
  SALVOR_TRY(triage::Draft draft,
             triage::Decide(inventory, assessment, choice, WordsOf(inventory.table)));
  SALVOR_TRY(warehouse::Examination examination, ExamineReadable(*reader, draft.Asked()));
  SALVOR_OK(AskOfOffers(*reader, inventory.gone, draft));
  SALVOR_TRY(std::string staging, StagingRoot(session, engine, inventory.table.uri, options));
  SALVOR_TRY(Reviewed reviewed, ReviewOf(session, inventory.table));
  model::Plan plan = triage::Compose(inventory, std::move(draft), examination, std::move(staging),
                                     std::move(reviewed.policy), WordsOf(inventory.table));
  plan.author = std::move(reviewed.author);
  SALVOR_OK(CheckLocation(session, plan));
  const bool by_default = !choice.only && !choice.event && !choice.version;
  if (by_default && assessment.old.partitions > 0) {
    examination.notes.push_back(fmt::format(
        "{} lost rows before {}, and what is gone or was lost in part so long ago is in "
        "no plan unless --partitions or --include asks for it",
        Plural(assessment.old.partitions, "partition"),
        FormatInstant(*inventory.window.recent_from)));
  }
  return Made{std::move(plan), std::move(examination.notes)};
}

int64_t Count(const model::Plan& plan, model::Disposition disposition) {
  return std::count_if(
      plan.partitions.begin(), plan.partitions.end(),
      [&](const model::PlannedPartition& one) { return one.disposition == disposition; });
}

nlohmann::json Document(const model::Plan& plan) {
  return nlohmann::json::parse(model::FormatPlan(plan), nullptr, false);
}

// Nothing can be brought back: say why, write no case.
Result<Exit> NothingToDo(Session& session, const Made& made) {
  const model::Plan& plan = made.plan;
  const int64_t lost = Count(plan, model::Disposition::kLost);
  const int64_t review = Count(plan, model::Disposition::kReview);
  session.Say(
      report::PlanText(plan, "", WordsOf(plan.table)) + NotesText(made) +
          "nothing to bring back; no case was written\n",
      {{"case", nullptr}, {"digest", nullptr}, {"plan", Document(plan)}, {"notes", made.notes}});
  if (review > 0) {
    return Fail(Code::kRefused,
                fmt::format("a person must choose for {}", Plural(review, "partition")),
                plan.table.uri, "See the reasons above");
  }
  if (lost > 0) {
    return Fail(Code::kTooLate, fmt::format("{} cannot be brought back", Plural(lost, "partition")),
                plan.table.uri);
  }
  return Exit::kDone;
}

// A table resource, as bq show --format=json prints it.
Result<std::string> ReadDefinition(const io::FsReader& fs, const std::string& path) {
  constexpr int64_t kLargest = int64_t{4} << 20U;
  SALVOR_TRY(const std::string text, fs.ReadFile(path, kLargest));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return Fail(Code::kInvalidArgument, "the file is not a table's definition", path,
                "It is what bq show --format=json prints of a table, or a part of that");
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<Exit> Run(Session& session, const Options& options) {
  TableWishes wishes{options.by_name, options.allow_unchecked_iam, {}, {}};
  if (!options.definition.empty()) {
    SALVOR_TRY(wishes.definition, ReadDefinition(session.Files(), options.definition));
  }
  SALVOR_TRY(auto engine, session.OpenTable(options.table, wishes));
  SALVOR_TRY(const Made made, MakePlan(session, *engine, options));
  const model::Plan& plan = made.plan;
  if (model::ToRestore(plan).empty()) return NothingToDo(session, made);
  SALVOR_TRY(const auto word, AuthorsWord(session, plan, options));
  SALVOR_TRY(recovery::Case incident, recovery::CreateCase(session.Files(), options.folder, plan));
  SALVOR_OK(NoteAuthor(session, incident, word));
  if (plan.review.waived) session.Warn("REVIEW TURNED OFF: salvor.yaml says approvals: 0");
  if (plan.pins.allow_unchecked_iam) {
    session.Warn(
        "OVERRIDE: --allow-unchecked-iam takes a private copy whose readers are not known");
  }
  if (plan.review.approvals > 0 && plan.review.signers.empty()) {
    session.Warn(
        "nobody can approve this plan: salvor.yaml names no review.allowed_signers, or nobody is "
        "in it. Name those who may, then plan anew; persist need not wait for it");
  }
  session.Say(report::PlanText(plan, incident.digest, WordsOf(plan.table)) + NotesText(made) +
                  fmt::format("\ncase written to {}\nNext:\n  salvor persist {}\n",
                              Printable(options.folder), Printable(ShellWord(options.folder))),
              {{"case", options.folder},
               {"digest", incident.digest},
               {"plan", Document(plan)},
               {"notes", made.notes}});
  return Exit::kDone;
}

}  // namespace

void AddPlan(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("plan", "Decide per partition, and write DIR/plan.json");
  auto options = std::make_shared<Options>();
  command->add_option("TABLE", options->table, kTableHelp)->required();
  command->add_option("--case", options->folder, "The folder of the case")->required();
  auto* event = command->add_option("--event", options->event,
                                    "Take back what this version removed, and nothing else");
  auto* version = command->add_option("--version", options->version, "Restore from this version");
  auto* as_of = command->add_option(
      "--as-of", options->as_of,
      "Restore from the version of this instant (UTC unless it says otherwise)");
  auto* latest = command->add_flag(
      "--latest", options->latest,
      "Where all rows of a partition were replaced by others before it was lost: take the newest");
  event->excludes(version)->excludes(as_of)->excludes(latest);
  version->excludes(as_of)->excludes(latest);
  as_of->excludes(latest);
  command
      ->add_option(
          "--partitions", options->partitions,
          "Only these: A..B,C for one date, time or integer column, else a JSON object each; "
          "may be repeated")
      ->allow_extra_args(false);
  command->add_option("--include", options->include, "Also partitions that are partial or changed")
      ->check(CLI::IsMember({"partial", "changed"}))
      ->allow_extra_args(false);
  command->add_option("--staging", options->staging,
                      "Where the private copy goes (a folder, made with mode 0700; for BigQuery "
                      "PROJECT.DATASET)");
  command
      ->add_flag("--by-name", options->by_name,
                 "Put rows back by column name, in a query that costs (columns were added since); "
                 "of a deleted table: allow such a query where no copy job can")
      ->group("BigQuery");
  command
      ->add_flag("--allow-unchecked-iam", options->allow_unchecked_iam,
                 "Accept a private copy whose readers cannot all be listed")
      ->group("BigQuery");
  command
      ->add_option("--definition", options->definition,
                   "Of a deleted table: a file with what bq show --format=json printed of it, or "
                   "a part of that")
      ->group("BigQuery");
  command->add_option("--since", options->since,
                      "Look back to this instant (UTC unless it says otherwise)");
  auto* who = command->add_option("--as", options->who,
                                  "Your name in allowed_signers: you sign the plan as its author");
  auto* key = command->add_option(
      "--key", options->key, "Your SSH key: private, or public where ssh-agent has the other half");
  who->needs(key);
  key->needs(who);
  command->callback([options, &action] {
    action = [options](Session& session) { return Run(session, *options); };
  });
}

}  // namespace salvor::cli
