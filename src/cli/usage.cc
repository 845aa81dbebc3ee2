#include "cli/usage.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <numeric>

namespace salvor::cli {
namespace {

// Letters put in, left out, changed, or two of them swapped.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, changed});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

struct Example {
  std::string_view verb;
  std::string_view lines;
};
constexpr auto kExamples = std::to_array<Example>({
    {"status", "  salvor status lake/ds/table\n  salvor status bigquery:project.dataset.table\n"},
    {"history", "  salvor history lake/ds/table\n"},
    {"plan",
     "  salvor plan lake/ds/table --case inc\n"
     "  salvor plan lake/ds/table --case inc --partitions 2024-01-01..2024-01-07\n"},
    {"show", "  salvor show inc\n  salvor show inc --ticket jira\n"},
    {"persist", "  salvor persist inc\n"},
    {"approve",
     "  salvor approve inc --as bob@example.com --key ~/.ssh/id_ed25519\n"
     "  salvor approve inc --as bob@example.com --key ~/.ssh/id_ed25519 --reject --reason WHY\n"},
    {"apply", "  salvor apply inc\n"},
    {"verify", "  salvor verify inc\n"},
    {"clean", "  salvor clean inc\n"},
    {"undo", "  salvor undo inc\n"},
    {"ticket", "  salvor ticket open inc\n"},
    {"audit", "  salvor audit inc\n"},
    {"cases", "  salvor cases\n  salvor cases incidents/\n"},
    {"demo", "  salvor demo\n"},
    {"doctor", "  salvor doctor bigquery:project.dataset.table\n"},
});

std::vector<std::string> VerbsOf(const CLI::App& app) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    verbs.push_back(verb->get_name());
  }
  return verbs;
}

std::vector<std::string> FlagsOf(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options([](const CLI::Option*) { return true; })) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

std::string DidYouMean(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : fmt::format(": did you mean {}?", nearest);
}

// The same with the nearest name, where something was not known.
std::string Named(const CLI::App& app, const CLI::App* verb, const std::string& problem) {
  const std::vector<std::string> unknown = app.remaining(true);
  if (unknown.empty()) return verb == nullptr ? "no verb was given" : problem;
  const std::string& word = unknown.front();
  if (verb == nullptr && !word.starts_with("-")) {
    return fmt::format("there is no verb '{}'{}", word, DidYouMean(word, VerbsOf(app)));
  }
  if (!word.starts_with("-")) return problem;
  std::vector<std::string> flags = FlagsOf(app);
  if (verb != nullptr) {
    const std::vector<std::string> own = FlagsOf(*verb);
    flags.insert(flags.end(), own.begin(), own.end());
  }
  const std::string flag = word.substr(0, word.find('='));
  const std::string place = verb == nullptr ? "salvor" : "salvor " + verb->get_name();
  return fmt::format("{} has no flag {}{}", place, flag, DidYouMean(flag, flags));
}

}  // namespace

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string nearest;
  size_t least = std::max<size_t>(word.size() / 3, 1) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = Distance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string ShortPage() {
  return "Brings lost partitions of a table back before the warehouse forgets them.\n\n"
         "  salvor status TABLE            what is missing, and recoverable until when\n"
         "  salvor plan TABLE --case DIR   decide for each partition\n"
         "  salvor persist DIR             the private copy; touches nothing in production\n"
         "  salvor apply DIR               puts the partitions back\n"
         "  salvor verify DIR              proves it, row by row\n"
         "  salvor clean DIR               drops the private copy\n\n"
         "TABLE is a Delta table's folder, or bigquery:project.dataset.table.\n"
         "All verbs: salvor --help. One of them: salvor VERB --help. To try it: salvor demo\n";
}

std::string UsageText(const CLI::App& app, const std::string& problem) {
  const auto parsed = app.get_subcommands();
  const CLI::App* verb = parsed.empty() ? nullptr : parsed.front();
  std::string text = "salvor: " + Named(app, verb, problem) + "\n\n";
  if (verb == nullptr) return text + ShortPage();
  const auto found = std::find_if(kExamples.begin(), kExamples.end(), [&](const Example& example) {
    return example.verb == verb->get_name();
  });
  if (found != kExamples.end()) text += fmt::format("For example:\n{}", found->lines);
  return text + fmt::format("All of its flags: salvor {} --help\n", verb->get_name());
}

}  // namespace salvor::cli
