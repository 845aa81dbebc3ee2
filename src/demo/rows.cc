#include "demo/rows.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "delta/duckdb/database.h"

namespace salvor::demo {
namespace {

constexpr std::array<Column, 16> kColumns{{
    {"submission_date", ColumnType::kDate},
    {"source", ColumnType::kString},
    {"event_type", ColumnType::kString},
    {"form_factor", ColumnType::kString},
    {"country", ColumnType::kString},
    {"subdivision1", ColumnType::kString},
    {"advertiser", ColumnType::kString},
    {"release_channel", ColumnType::kString},
    {"position", ColumnType::kLong},
    {"provider", ColumnType::kString},
    {"match_type", ColumnType::kString},
    {"normalized_os", ColumnType::kString},
    {"suggest_data_sharing_enabled", ColumnType::kBoolean},
    {"event_count", ColumnType::kLong},
    {"user_count", ColumnType::kLong},
    {"query_type", ColumnType::kString},
}};

// A number that looks random and is a function of the day, the row and the place where it is used.
// Plain arithmetic: DuckDB's hash() and random() may change with its version.
std::string Noise(int place) {
  return fmt::format("(((n * 7919 + r * 104729 + {} * 1299721) * 48271) % 2147483647)", place);
}

std::string Pick(const std::vector<std::string>& values, const std::string& number) {
  return fmt::format("{}[1 + {} % {}]", delta::QuoteList(values), number, values.size());
}

// (source, event_type, country, advertiser) is another one for each row of a day: the row's number
// in mixed radix. As long as a day has at most 2 * 2 * 5 * 6 rows.
std::string Groups() {
  return "SELECT day, n, r, " + Pick({"suggest", "topsites"}, "r") + " AS source, " +
         Pick({"impression", "click"}, "(r // 2)") + " AS event_type, " +
         Pick({"US", "CA", "GB", "DE", "FR"}, "(r // 4)") + " AS country, " +
         Pick({"alder-and-finch", "brightloom", "cobalt-kettle", "driftpine", "emberfield",
               "tidewater-audio"},
              "(r // 20 + n)") +
         " AS advertiser, " + Pick({"desktop", "desktop", "phone"}, Noise(1)) +
         " AS form_factor FROM numbered";
}

std::string Measures() {
  return "SELECT day AS submission_date, source, event_type, form_factor, country, "
         "CASE country WHEN 'US' THEN " +
         Pick({"CA", "NY", "TX", "WA", "OR"}, Noise(2)) + " WHEN 'CA' THEN " +
         Pick({"ON", "BC", "QC"}, Noise(3)) + " END AS subdivision1, advertiser, " +
         Pick({"release", "release", "release", "beta", "nightly"}, Noise(4)) +
         " AS release_channel, "
         "CASE source WHEN 'topsites' THEN 1 + " +
         Noise(5) + " % 4 END AS position, " + Pick({"ternlight", "house"}, Noise(6)) +
         " AS provider, CASE source WHEN 'suggest' THEN " + Pick({"exact", "prefix"}, Noise(7)) +
         " END AS match_type, CASE form_factor WHEN 'phone' THEN " +
         Pick({"Android", "iOS"}, Noise(8)) + " ELSE " +
         Pick({"Windows", "Windows", "Mac", "Linux"}, Noise(9)) + " END AS normalized_os, " +
         Noise(10) +
         " % 4 = 0 AS suggest_data_sharing_enabled, CASE event_type WHEN 'click' THEN 1 + " +
         Noise(11) + " % 40 ELSE 40 + " + Noise(11) +
         " % 900 END AS event_count, event_count - event_count // 5 AS user_count, "
         "CASE source WHEN 'suggest' THEN " +
         Pick({"navigational", "informational", "transactional"}, Noise(12)) +
         " END AS query_type FROM grouped";
}

}  // namespace

std::span<const Column> Columns() { return kColumns; }

std::string RowsQuery(int64_t first, int64_t last) {
  return fmt::format(
      "WITH days AS (SELECT n, DATE '1970-01-01' + CAST(n AS INTEGER) AS day "
      "FROM range({}, {}) AS numbers(n)), "
      "numbered AS (SELECT n, day, unnest(range(46 + n * 37 % 17 - "
      "CASE WHEN isodow(day) > 5 THEN 12 ELSE 0 END)) AS r FROM days), "
      "grouped AS ({}) {}",
      first, last + 1, Groups(), Measures());
}

}  // namespace salvor::demo
