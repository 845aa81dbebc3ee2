#include "recovery/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "journal/journal.h"
#include "recovery/activity_log.h"
#include "recovery/audit_review.h"
#include "recovery/step.h"

namespace salvor::recovery {
namespace {

using journal::Kind;
using journal::Line;
using model::Audit;
using nlohmann::json;

// A case's own files are far smaller; whoever made a larger one wants memory to run out.
constexpr int64_t kLargestFile = int64_t{256} << 20U;
constexpr int64_t kLargestJournal = int64_t{64} << 20U;

// `false` if there is no such file.
Result<bool> CheckPlainFile(const io::FsReader& fs, const std::string& path, int64_t most) {
  SALVOR_TRY(const auto info, fs.Lstat(path));
  if (!info) return false;
  if (info->type != io::FileInfo::Type::kFile) {
    return Fail(Code::kCorrupt, "a case's file must be a plain file, and this is a link or worse",
                path, "Nothing behind it was read");
  }
  if (info->size > most) {
    return Fail(Code::kCorrupt, fmt::format("the file is larger than {}", FormatBytes(most)), path,
                "It was not read");
  }
  return true;
}

std::string TextOf(const Line& line, const char* name) {
  const json value = Member(line, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

bool IsDone(const Line& line, std::string_view step) {
  return line.entry.step == step && line.entry.kind == Kind::kOutcome &&
         Member(line, "result") == "done";
}

class Auditor {
 public:
  Auditor(const io::FsReader& fs, Case incident, const AuditRules& rules)
      : fs_(fs), incident_(std::move(incident)), rules_(rules) {
    audit_.folder = incident_.folder;
    audit_.digest = incident_.digest;
    audit_.plan = incident_.plan;
  }

  Result<Audit> Run(std::vector<model::KeptHead> kept) {
    audit_.kept = std::move(kept);
    const Status closed = CheckNotOpenToAll(fs_, incident_.folder);
    if (!closed) Problem(Code::kRefused, closed.error().what, closed.error().where);
    SALVOR_OK(ReadJournal());
    SALVOR_OK(CheckApprovals());
    CheckHeads();
    CheckOrder();
    SALVOR_OK(CheckProof());
    return std::move(audit_);
  }

 private:
  void Problem(Code code, std::string what, std::string where) {
    audit_.problems.push_back({code, std::move(what), std::move(where)});
  }

  [[nodiscard]] std::string LineAt(int64_t number) const {
    return fmt::format("{}:{}", io::JoinPath(incident_.folder, journal::kFileName), number);
  }

  Status ReadJournal() {
    const std::string path = io::JoinPath(incident_.folder, journal::kFileName);
    auto plain = CheckPlainFile(fs_, path, kLargestJournal);
    if (!plain && plain.error().code != Code::kCorrupt) return Fail(std::move(plain).error());
    if (!plain) {
      Problem(Code::kCorrupt, plain.error().what, path);
    } else if (*plain) {
      SALVOR_TRY(const std::string bytes, fs_.ReadFile(path, kLargestJournal));
      journal::PartialChain partial = journal::ParseChainSoFar(bytes, incident_.digest, path);
      lines_ = std::move(partial.chain.lines);
      audit_.torn_bytes = partial.chain.torn_bytes;
      if (partial.broken) Problem(Code::kCorrupt, partial.broken->what, partial.broken->where);
    }
    audit_.activities = ActivitiesOf(lines_, rules_.words(incident_.plan.table));
    audit_.head = HeadOf(lines_, incident_.digest);
    audit_.overrides = OverridesOf(lines_);
    if (incident_.plan.pins.allow_unchecked_iam) {
      audit_.overrides.emplace_back("allow-unchecked-iam");
    }
    for (const Line& line : lines_) {
      if (!IsDone(line, "ticket")) continue;
      const json number = Member(line, "line");
      NoteTicket(line);
      audit_.told.push_back(fmt::format("{} was told head {} {}", TextOf(line, "key"),
                                        number.is_number_integer() ? number.get<int64_t>() : 0,
                                        TextOf(line, "hash")));
    }
    return Done{};
  }

  void NoteTicket(const Line& line) {
    std::string key = TextOf(line, "key");
    if (key.empty() || (audit_.ticket && audit_.ticket->key == key)) return;
    audit_.ticket = model::NamedTicket{std::move(key), line.number};
  }

  // A head that somebody keeps and the journal does not have: lines were cut off, or all of them
  // were written anew.
  void CheckHeads() {
    for (model::KeptHead& kept : audit_.kept) {
      kept.holds = Has(kept.head);
      if (kept.holds) continue;
      Problem(Code::kCorrupt,
              fmt::format("{} keeps head {} {} of the journal, which this journal does not have: "
                          "lines were cut off, or it was written anew",
                          kept.keeper, kept.head.line, kept.head.hash),
              io::JoinPath(incident_.folder, journal::kFileName));
    }
    // Those first that need nobody's word.
    std::vector<model::KeptHead*> order;
    for (model::KeptHead& kept : audit_.kept) order.push_back(&kept);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto* a, const auto* b) { return a->named_at < b->named_at; });
    for (model::KeptHead* kept : order) {
      kept->vouches = kept->holds && kept->named_at <= audit_.vouched;
      if (kept->vouches) audit_.vouched = std::max(audit_.vouched, kept->head.line);
    }
  }

  [[nodiscard]] bool Has(const model::Anchor& head) const {
    if (head.line == 0) return head.hash == incident_.digest;
    if (head.line < 0 || head.line > std::ssize(lines_)) return false;
    return lines_[static_cast<size_t>(head.line) - 1].hash == head.hash;
  }

  // What no sequence of commands writes, however it was interrupted.
  void CheckOrder() {
    std::set<std::string> open;
    bool undone = false;
    for (const Line& line : lines_) {
      const std::string& step = line.entry.step;
      if (line.entry.kind == Kind::kIntent) open.insert(step);
      if (line.entry.kind != Kind::kOutcome) continue;
      if (!open.contains(step)) {
        Problem(
            Code::kCorrupt,
            fmt::format("line {} says what came of {}, which nobody had begun", line.number, step),
            LineAt(line.number));
      }
      open.erase(step);
      if (IsDone(line, "apply") && undone) {
        Problem(Code::kRefused,
                fmt::format("line {}: the plan was applied after it had been undone", line.number),
                LineAt(line.number));
      }
      if (IsDone(line, "undo")) undone = true;
    }
  }

  Status CheckApprovals() {
    SALVOR_TRY(ReviewFindings found, AuditReviews(fs_, incident_, lines_, rules_));
    audit_.author_rule = std::move(found.author_rule);
    audit_.approvals = std::move(found.approvals);
    std::move(found.kept.begin(), found.kept.end(), std::back_inserter(audit_.kept));
    std::move(found.problems.begin(), found.problems.end(), std::back_inserter(audit_.problems));
    return Done{};
  }

  Status CheckProof() {
    const std::string path = io::JoinPath(incident_.folder, "proof.json");
    const Line* verified = nullptr;
    for (const Line& line : lines_) {
      if (IsDone(line, "verify")) verified = &line;
    }
    auto plain = CheckPlainFile(fs_, path, kLargestFile);
    if (!plain && plain.error().code != Code::kCorrupt) return Fail(std::move(plain).error());
    if (!plain) {
      Problem(Code::kCorrupt, plain.error().what, path);
      return Done{};
    }
    if (!*plain) {
      if (verified == nullptr) return Done{};
      Problem(
          Code::kCorrupt,
          fmt::format("line {} says that a proof was written, and there is none", verified->number),
          path);
      return Done{};
    }
    auto stored = LoadProof(fs_, incident_);
    if (!stored) {
      Problem(Code::kCorrupt, "proof.json cannot be read: " + stored.error().what, path);
      return Done{};
    }
    if (*stored) CompareProof(**stored, verified, path);
    return Done{};
  }

  void CompareProof(const StoredProof& stored, const Line* verified, const std::string& path) {
    const model::Proof& proof = stored.proof;
    if (verified == nullptr || Member(*verified, "proof") != stored.digest) {
      Problem(Code::kCorrupt, "proof.json is not the one that the journal knows", path);
      return;
    }
    if (proof.plan_digest != incident_.digest ||
        proof.operation_key != model::OperationKey(incident_.digest, "apply")) {
      Problem(Code::kCorrupt, "proof.json is the proof of another plan", path);
      return;
    }
    if (Member(*verified, "version") != proof.version ||
        Member(*verified, "proven") != proof.proven) {
      Problem(Code::kCorrupt, "proof.json and the journal say different things", path);
      return;
    }
    CheckWhatItProves(proof, path);
  }

  // The verdicts in it are not believed: both sides' fingerprints are compared again.
  void CheckWhatItProves(const model::Proof& proof, const std::string& path) {
    std::map<model::PartitionKey, const model::PartitionProof*> proven;
    for (const model::PartitionProof& one : proof.partitions) proven.emplace(one.key, &one);
    int64_t good = 0;
    const auto planned = model::ToRestore(incident_.plan);
    for (const model::PlannedPartition* partition : planned) {
      const auto found = proven.find(partition->key);
      const bool same = found != proven.end() && found->second->staged == found->second->restored;
      if (same && found->second->proven) ++good;
      if (found != proven.end() && found->second->proven && !same) {
        Problem(Code::kCorrupt,
                "the proof calls a partition proven whose two sides differ: " +
                    model::FormatKey(incident_.plan.columns, partition->key),
                path);
      }
    }
    audit_.proof = fmt::format("{} of {} planned partitions are proven", FormatCount(good),
                               FormatCount(std::ssize(planned)));
    if (proof.proven && good != std::ssize(planned)) {
      Problem(Code::kCorrupt, "the proof calls itself whole, and " + audit_.proof, path);
    }
  }

  const io::FsReader& fs_;
  Case incident_;
  const AuditRules& rules_;
  std::vector<Line> lines_;
  Audit audit_;
};

}  // namespace

Result<Audit> AuditCase(const io::FsReader& fs, const std::string& folder,
                        std::vector<model::KeptHead> kept, const AuditRules& rules) {
  SALVOR_TRY([[maybe_unused]] const bool there,
             CheckPlainFile(fs, io::JoinPath(folder, "plan.json"), kLargestFile));
  SALVOR_TRY(Case incident, LoadCase(fs, folder));
  return Auditor(fs, std::move(incident), rules).Run(std::move(kept));
}

}  // namespace salvor::recovery
