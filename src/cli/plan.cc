#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "base/shell_word.h"
#include "base/text.h"
#include "cli/case_command.h"
#include "cli/since.h"
#include "recovery/make_plan.h"
#include "recovery/sign.h"
#include "report/choices.h"
#include "report/plan_report.h"
#include "workspace/plan_table.h"

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
  std::vector<std::string> replace;
  std::vector<std::string> include;
  bool beside = false;
  std::string staging;
  bool by_name = false;
  bool allow_unchecked_iam = false;
  std::string definition;
  std::string who;
  std::string key;
};

bool Includes(const Options& options, const char* what) {
  return std::find(options.include.begin(), options.include.end(), what) != options.include.end();
}

// The author's signature over a plan that is no case yet; nothing where none is asked for.
Result<std::optional<custody::VerifiedStatement>> AuthorsWord(Session& session,
                                                              const model::Plan& plan,
                                                              const Options& options) {
  if (options.who.empty()) return std::optional<custody::VerifiedStatement>();
  recovery::Actor by;
  SALVOR_TRY(by.rules, workspace::LoadRules(session, plan));
  by.processes = &session.Processes();
  const recovery::Case incident{options.folder, plan, model::PlanDigest(model::FormatPlan(plan))};
  SALVOR_TRY(auto judged, recovery::SignAsAuthor(incident, by, session.Clock().Now(),
                                                 {options.who, options.key, !session.NoInput()}));
  return std::optional(std::move(judged));
}

using recovery::MadePlan;

std::string NotesText(const MadePlan& made) {
  std::string text;
  for (const std::string& note : made.notes) text += "note: " + Printable(note) + "\n";
  return text;
}

Result<recovery::PlanRequest> RequestFor(const Session& session, const Options& options) {
  recovery::PlanRequest request;
  SALVOR_TRY(request.since, ParseSince(options.since, session.Clock().Now()));
  request.event = options.event;
  request.version = options.version;
  if (!options.as_of.empty()) {
    SALVOR_TRY(request.as_of, ParseInstant(options.as_of));
  }
  request.latest = options.latest;
  request.partitions = options.partitions;
  request.replace = options.replace;
  request.include_partial = Includes(options, "partial");
  request.include_changed = options.beside || Includes(options, "changed");
  return request;
}

int64_t Count(const model::Plan& plan, model::Disposition disposition) {
  return std::count_if(
      plan.partitions.begin(), plan.partitions.end(),
      [&](const model::PlannedPartition& one) { return one.disposition == disposition; });
}

nlohmann::json Document(const model::Plan& plan) {
  return nlohmann::json::parse(model::FormatPlan(plan), nullptr, false);
}

nlohmann::json OffersJson(const MadePlan& made) {
  nlohmann::json offers = nlohmann::json::array();
  for (const model::PlanOffer& offer : made.offers) {
    nlohmann::json partitions = nlohmann::json::array();
    for (const model::PartitionKey& key : offer.of) {
      partitions.push_back(model::KeyToJson(made.plan.columns, key));
    }
    offers.push_back({{"command", report::OfferCommand(made.plan, offer)},
                      {"effect", offer.effect},
                      {"partitions", std::move(partitions)}});
  }
  return offers;
}

// Nothing can be brought back: say why, write no case.
Result<Exit> NothingToDo(Session& session, const MadePlan& made) {
  const model::Plan& plan = made.plan;
  const int64_t lost = Count(plan, model::Disposition::kLost);
  const int64_t review = Count(plan, model::Disposition::kReview);
  session.Say(report::PlanText(plan, "", session.WordsOf(plan.table), Session::Width()) +
                  NotesText(made) + report::OffersText(plan, made.offers) +
                  "nothing to bring back; no case was written\n",
              {{"case", nullptr},
               {"digest", nullptr},
               {"plan", Document(plan)},
               {"notes", made.notes},
               {"offers", OffersJson(made)}});
  if (review > 0) {
    return Fail(Code::kRefused,
                fmt::format("a person must choose for {}", Plural(review, "partition")),
                plan.table.uri, "See the reasons above");
  }
  if (!made.offers.empty()) {
    return Fail(Code::kRefused,
                "rows were lost and could be brought back, and nothing asks for them",
                plan.table.uri, "The commands above do");
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

Result<Exit> Run(Session& session, Options options) {
  if (Includes(options, "changed")) Session::Tell("note: --include changed is called --beside now");
  workspace::EngineFlags flags{options.by_name, options.allow_unchecked_iam, {}, {}};
  if (!options.definition.empty()) {
    SALVOR_TRY(flags.definition, ReadDefinition(session.Files(), options.definition));
  }
  SALVOR_OK(
      workspace::CheckCaseFolder(session.Files(), options.folder.empty() ? "." : options.folder));
  SALVOR_TRY(auto engine, session.OpenTable(options.table, flags));
  SALVOR_TRY(const recovery::PlanRequest request, RequestFor(session, options));
  SALVOR_TRY(const MadePlan made,
             workspace::PlanTable(session, *engine, options.table, request, options.staging));
  const model::Plan& plan = made.plan;
  if (model::ToRestore(plan).empty()) return NothingToDo(session, made);
  if (options.folder.empty()) {
    SALVOR_TRY(options.folder,
               workspace::CaseFolderFor(session.Files(), plan, session.Clock().Now()));
  }
  SALVOR_TRY(const auto word, AuthorsWord(session, plan, options));
  SALVOR_TRY(recovery::Case incident, recovery::CreateCase(session.Files(), options.folder, plan));
  recovery::Actor by;
  SALVOR_TRY(by.identity, session.Identify(plan.table.uri));
  SALVOR_OK(recovery::NoteAuthor(session.Files(), session.Clock(), incident, by, word));
  WarnOfRowsThatGo(session, plan);
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
  session.Say(
      report::PlanText(plan, incident.digest, session.WordsOf(plan.table), Session::Width()) +
          NotesText(made) +
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
  command->add_option("--case", options->folder,
                      "The folder of the case (else made here, named after table and day)");
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
  command
      ->add_option(
          "--replace", options->replace,
          "Put the old rows of these in the place of the rows of today, which are saved in "
          "the private copy first; named as with --partitions")
      ->allow_extra_args(false);
  command
      ->add_option("--include", options->include,
                   "Also partitions that are partial, if every row they have is in the old content "
                   "(partial; changed is the old name of --beside)")
      ->check(CLI::IsMember({"partial", "changed"}))
      ->allow_extra_args(false);
  command->add_flag(
      "--beside", options->beside,
      "Also partitions that have other rows now: the old ones are put beside them, if "
      "they share none");
  command->add_option("--staging", options->staging,
                      "Where the private copy goes (a folder, made with mode 0700; for BigQuery "
                      "PROJECT.DATASET)");
  command
      ->add_flag("--by-name", options->by_name,
                 "Put rows back by column name, in a query that costs (columns were added since)")
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
