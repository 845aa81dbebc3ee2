#include "delta/protocol/partition_value.h"

#include <gtest/gtest.h>

#include <vector>

namespace salvor::delta {
namespace {

using model::ColumnType;

const PartitionType kDouble{.type = ColumnType::kFloat, .bits = 64};
const PartitionType kSingle{.type = ColumnType::kFloat, .bits = 32};
const PartitionType kMoney{.type = ColumnType::kDecimal, .precision = 10, .scale = 2};
const PartitionType kFine{.type = ColumnType::kDecimal, .precision = 10, .scale = 7};
const PartitionType kWhole{.type = ColumnType::kDecimal, .precision = 38, .scale = 0};
const PartitionType kLong{.type = ColumnType::kInteger, .bits = 64};
const PartitionType kInt{.type = ColumnType::kInteger, .bits = 32};
const PartitionType kShort{.type = ColumnType::kInteger, .bits = 16};
const PartitionType kByte{.type = ColumnType::kInteger, .bits = 8};
const PartitionType kBool{.type = ColumnType::kBoolean};
const PartitionType kDay{.type = ColumnType::kDate};
const PartitionType kInstant{.type = ColumnType::kTimestamp};
const PartitionType kWallClock{.type = ColumnType::kTimestampNtz};
const PartitionType kText{.type = ColumnType::kString};
const PartitionType kBytes{.type = ColumnType::kBinary};

constexpr const char* kNull = "NULL";
constexpr const char* kError = "error";

struct Case {
  PartitionType type;
  const char* spark;
  const char* others;  // delta-rs, and DuckDB's kernel but for offsets
  std::vector<const char*> texts;
};

// As the three readers answered, in canonical text.
const std::vector<Case>& Tried() {
  static const std::vector<Case> cases = {
      {kDouble, "1.0", "1.0", {"1", "1.0", "1E0", "1e0", "+1", "01"}},
      {kDouble, "1.0E10", "1.0E10", {"1e10", "1.0E10", "10000000000"}},
      {kDouble,
       "Infinity",
       "Infinity",
       {"inf", "INF", "infinity", "+Infinity", "Infinity", "+inf", "1e400", "Inf", "iNf"}},
      {kDouble, "-Infinity", "-Infinity", {"-inf", "-Infinity", "-1e400"}},
      {kDouble, "NaN", "NaN", {"NaN", "nan", "NAN", "+NaN", "-NaN"}},
      {kDouble, kNull, "NaN", {"-nan", "+nan"}},
      {kDouble, "0.0", "0.0", {"1e-400", "-0", "-0.0", "0", "0.0", "+0", "2e-324"}},
      {kDouble, "0.1", "0.1", {"0.1"}},
      {kDouble, "0.10000000149011612", "0.10000000149011612", {"0.10000000149011612"}},
      {kDouble,
       "1.0",
       kError,
       {"1.0d", "1D", "1.0f", "0x1p0", "1e0d", "1F", "1.F", " 1", "1 ", "\t1", "1\n"}},
      {kDouble,
       kNull,
       kError,
       {"1_0", "1,0", ".", "1e", "e5", "-", "+", "infinit", "NaNd", "1L", "١", "abc", "+-1",
        "1e1.5"}},
      {kDouble, "0.5", "0.5", {".5"}},
      {kDouble, "5.0", "5.0", {"5."}},
      {kDouble, "100000.0", "100000.0", {"1e+5", "1E+05"}},
      {kDouble, "-1.5", "-1.5", {"-1.5"}},
      {kDouble, "5.0E-324", "5.0E-324", {"4.9e-324"}},
      {kDouble, "9.007199254740992E15", "9.007199254740992E15", {"9007199254740993"}},
      {kDouble, "1.0E22", "1.0E22", {"1e22", "1.0E22"}},
      {kDouble, "1.0E7", "1.0E7", {"1e7"}},
      {kDouble, "9999999.0", "9999999.0", {"9999999"}},
      {kDouble, "0.001", "0.001", {"1e-3", "0.001"}},
      {kDouble, "1.0E-4", "1.0E-4", {"1.0E-4"}},
      {kDouble, "0.5", kError, {".5d"}},
      {kDouble, "Infinity", kError, {" inf"}},
      {kDouble, "NaN", kError, {"NaN "}},
      {kSingle, "1.0", "1.0", {"1"}},
      {kSingle, "0.1", "0.1", {"0.1", "0.10000000149011612"}},
      {kSingle, "1.6777216E7", "1.6777216E7", {"16777217", "16777216"}},
      {kSingle, "3.4E38", "3.4E38", {"3.4e38"}},
      {kSingle, "Infinity", "Infinity", {"3.5e38"}},
      {kSingle, "0.0", "0.0", {"1e-46", "-0.0"}},
      {kSingle, "1.0E-45", "1.0E-45", {"1e-45"}},
      {kSingle, "1.0", kError, {"1.0d", "1.0f"}},
      {kSingle, "1.1754944E-38", "1.1754944E-38", {"1.17549435E-38"}},
      {kSingle, "0.3", "0.3", {"0.3", "0.30000001"}},
      {kMoney,
       "1.1",
       "1.1",
       {"1.10", "01.10", "+1.10", "1.10E0", "110E-2", "0.110E1", "11.0E-1", "1.10e0"}},
      {kMoney, "0", "0", {"-0.00", "0.00", "0E-2", "-0E-2"}},
      {kMoney, "1.1", kError, {"1.1", "1.100", "0.11E1", " 1.10", "1.10 ", "\t1.10"}},
      {kMoney, "1", kError, {"1", "1.", "1.e0"}},
      {kMoney, "100", kError, {"100", "1E2"}},
      {kMoney, "0.5", kError, {".5"}},
      {kMoney, "1.11", kError, {"1.105"}},
      {kMoney, "1.12", kError, {"1.115"}},
      {kMoney, "-1.11", kError, {"-1.105"}},
      {kMoney,
       kNull,
       kError,
       {"123456789.10", "999999999.99", "100000000.00", "abc", "1_0", "-", "+", "1e", "1.10d",
        "--1", "+-1.10", "0x1", "-1.-50", "99999999.995", "1e400", "NaN",
        "9999999999999999999999999999999999999999.00"}},
      {kMoney, "99999999.99", "99999999.99", {"99999999.99", "00099999999.99"}},
      {kMoney, "0.5", "0.5", {".50", "+.50"}},
      {kMoney, "-0.5", "-0.5", {"-.50"}},
      {kMoney, "99999999.99", kError, {"99999999.994"}},
      {kMoney, "10000000", kError, {"1e7"}},
      {kMoney, "0", kError, {"1e-400"}},
      {kFine, "0", "0", {"0E-7", "0.0000000", "-0E-7"}},
      {kFine, "0.0000011", "0.0000011", {"1.1E-6", "0.0000011", "1.1e-6", "11E-7", "1.1E-06"}},
      {kFine, "0", kError, {"0"}},
      {kFine, "123.456789", "123.456789", {"123.4567890"}},
      {kFine, "0.000011", kError, {"1.1E-5"}},
      {kWhole,
       "99999999999999999999999999999999999999",
       "99999999999999999999999999999999999999",
       {"99999999999999999999999999999999999999"}},
      {kWhole, kNull, kError, {"100000000000000000000000000000000000000"}},
      {kWhole, "1", "1", {"1"}},
      {kWhole, "1", kError, {"1.4"}},
      {kWhole, "2", kError, {"1.5"}},
      {kWhole, "0", "0", {"0"}},
      {kWhole, "-5", "-5", {"-5"}},
      {kWhole, "100", kError, {"1E2"}},
      {kWhole,
       "-99999999999999999999999999999999999999",
       "-99999999999999999999999999999999999999",
       {"-99999999999999999999999999999999999999"}},
      {kInt, "1", "1", {"1", "01", "+1", "00000000000000000001", "+0000000000000000000000001"}},
      {kInt, "0", "0", {"-0", "0"}},
      {kInt, "-1", "-1", {"-1"}},
      {kInt, "1", kError, {"1.0", "1.9", "1.", " 1", "1 ", "\t1"}},
      {kInt, "-1", kError, {"-1.9"}},
      {kInt, "0", kError, {".5", "."}},
      {kInt,
       kNull,
       kError,
       {"1e0", "１", "2147483648", "-2147483649", "9L", "0x1", "++1", "+-1", "+", "-", "1.a",
        "1..0", "1_0", "1 0"}},
      {kInt, "2147483647", "2147483647", {"2147483647"}},
      {kInt, "-2147483648", "-2147483648", {"-2147483648"}},
      {kLong, "1", "1", {"1"}},
      {kLong,
       "9223372036854775807",
       "9223372036854775807",
       {"9223372036854775807", "+9223372036854775807"}},
      {kLong, kNull, kError, {"9223372036854775808"}},
      {kLong, "-9223372036854775808", "-9223372036854775808", {"-9223372036854775808"}},
      {kLong, "9223372036854775807", kError, {"9223372036854775807.5"}},
      {kByte, "127", "127", {"127"}},
      {kByte, kNull, kError, {"128", "-129", "300"}},
      {kByte, "-128", "-128", {"-128"}},
      {kByte, "5", "5", {"+5"}},
      {kByte, "127", kError, {"127.9"}},
      {kShort, "32767", "32767", {"32767"}},
      {kShort, kNull, kError, {"32768", "-32769"}},
      {kShort, "-32768", "-32768", {"-32768"}},
      {kShort, "5", "5", {"+5"}},
      {kBool, "true", "true", {"true", "True", "TRUE", "tRuE"}},
      {kBool, "false", "false", {"false", "False", "FALSE"}},
      {kBool, "true", kError, {"t", "T", "1", "yes", "y", "YES", " true", "true ", "\ttrue", " t"}},
      {kBool, "false", kError, {"f", "F", "0", "no", "n", "No"}},
      {kBool, kNull, kError, {"on", "off", "2", "tru"}},
      {kDay,
       "2024-01-02",
       "2024-01-02",
       {"2024-01-02", "2024-1-2", "+2024-01-02", "2024-01-2", "+002024-01-02", " 2024-01-02",
        "\t2024-01-02"}},
      {kDay,
       kNull,
       kError,
       {"20240102", "2024-02-30", "2024-001-02", "2024-01-002", "2024/01/02", "2024-13-01",
        "2024-00-01", "2024-01-00", "2024-01-32", "abc", "1", "+9999999-01-02", "2024-01-02x",
        "2024-01-", "2024-", "2024-01-02-", "2024 -01-02"}},
      {kDay, "2024-01-01", kError, {"2024-01", "2024"}},
      {kDay, "+12024-01-02", kError, {"12024-01-02"}},
      {kDay, "+12024-01-02", "+12024-01-02", {"+12024-01-02"}},
      {kDay,
       "2024-01-02",
       kError,
       {"2024-01-02T00:00:00Z", "2024-01-02T", "002024-01-02", "2024-01-02 ", "2024-01-02 00:00:00",
        "2024-01-02 abc"}},
      {kDay, kNull, "0024-01-02", {"024-01-02", "24-01-02"}},
      {kDay, "0024-01-02", "0024-01-02", {"0024-01-02"}},
      {kDay, "-0044-01-02", "-0044-01-02", {"-0044-01-02"}},
      {kDay, "0000-01-01", "0000-01-01", {"0000-01-01", "+0000-01-01"}},
      {kDay, "+999999-01-02", kError, {"+999999-01-02"}},
      {kDay, "9999-12-31", "9999-12-31", {"9999-12-31"}},
      {kDay, "0001-01-01", "0001-01-01", {"0001-01-01"}},
      {kDay, "1582-10-10", "1582-10-10", {"1582-10-10"}},
      {kDay, "+262142-12-31", "+262142-12-31", {"+262142-12-31"}},
      {kDay, "+262143-01-01", kError, {"+262143-01-01"}},
      {kDay, "-262143-01-01", "-262143-01-01", {"-262143-01-01"}},
      {kDay, kNull, "2024-01-02", {"2024- 1- 2"}},
      {kInstant,
       "2024-01-02T03:04:05Z",
       "2024-01-02T03:04:05Z",
       {"2024-01-02 03:04:05",
        "2024-01-02T03:04:05Z",
        "2024-01-02T03:04:05.000000Z",
        "2024-01-02T04:04:05+01:00",
        "2024-01-02 04:04:05+01:00",
        "2024-01-02 04:04:05 +01:00",
        "2024-01-02 03:04:05 UTC",
        "2024-01-02 03:04:05UTC",
        "2024-01-02T03:04:05UTC",
        "2024-01-02T03:04:05 UTC",
        "2024-01-02 03:04:05Z",
        "2024-01-02 03:04:05 Z",
        "2024-01-02T04:04:05+0100",
        "2024-01-02 04:04:05+0100",
        "2024-01-02T02:04:05-01:00",
        "2024-01-02 02:04:05-01:00",
        "2024-1-2 3:4:5",
        "2024-1-2T3:4:5Z",
        "2024-01-02 3:04:05",
        " 2024-01-02 03:04:05",
        " 2024-01-02T03:04:05Z",
        "2024-01-02T03:04:05-00:00",
        "2024-01-02T21:04:05+18:00"}},
      {kInstant,
       "2024-01-02T03:04:05.5Z",
       "2024-01-02T03:04:05.5Z",
       {"2024-01-02 03:04:05.5", "2024-01-02T03:04:05.5Z", "2024-01-02T04:04:05.5+01:00"}},
      {kInstant,
       "2024-01-02T03:04:05.123456Z",
       "2024-01-02T03:04:05.123456Z",
       {"2024-01-02 03:04:05.123456", "2024-01-02 03:04:05.1234567",
        "2024-01-02 03:04:05.123456789", "2024-01-02 03:04:05.1234567890",
        "2024-01-02T03:04:05.123456789Z"}},
      {kInstant,
       kNull,
       "2024-01-02T03:04:05Z",
       {"2024-01-02T03:04:05z", "2024-01-02t03:04:05Z", "2024-01-02 03:04:05z",
        "2024-01-02  03:04:05", "2024-01-02T22:04:05+19:00", "2024-01-02 03:04:05 utc"}},
      {kInstant,
       "2024-01-02T03:04:05Z",
       kError,
       {"2024-01-02 03:04:05+00", "2024-01-02 04:04:05+01", "2024-01-02T04:04:05+1:00",
        "2024-01-02T03:04:05", "2024-01-02 03:04:05.", "2024-01-02T03:04:05.Z",
        "2024-01-02 03:04:05 ", "2024-01-02T03:04:05Z ", "2024-01-02 03:04:05 GMT",
        "2024-01-02 03:04:05 UT", "2024-01-02 04:04:05 UTC+1", "2024-01-02 04:04:05 GMT+01:00"}},
      {kInstant, "2024-01-02T03:04:05.5Z", kError, {"2024-01-02T03:04:05.5"}},
      {kInstant, "2024-01-02T00:00:00Z", kError, {"2024-01-02"}},
      {kInstant, "2024-01-02T03:04:00Z", kError, {"2024-01-02 03:04"}},
      {kInstant,
       kNull,
       kError,
       {"2024-01-02T03:04Z", "1704164645", "2024-01-02 24:00:00", "2024-01-02 03:60:05",
        "2024-02-30 03:04:05", "abc", "2024-01-02T27:04:05+24:00", "2024-01-02 03:04:05,5",
        "2024-01-02T03:04:05,5Z"}},
      {kInstant, "2024-01-02T03:00:00Z", kError, {"2024-01-02 03"}},
      {kInstant, "2024-01-01T00:00:00Z", kError, {"2024", "2024-01"}},
      {kInstant,
       "+12024-01-02T03:04:05Z",
       "+12024-01-02T03:04:05Z",
       {"+12024-01-02T03:04:05Z", "+12024-01-02 03:04:05"}},
      {kInstant,
       "+12024-01-02T03:04:05Z",
       kError,
       {"12024-01-02 03:04:05", "12024-01-02T03:04:05Z"}},
      {kInstant, kNull, "2024-01-03T00:00:00Z", {"2024-01-02 23:59:60", "2024-01-02T23:59:60Z"}},
      {kInstant, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", {"0001-01-01 00:00:00"}},
      {kInstant,
       "-0044-01-02T03:04:05Z",
       "-0044-01-02T03:04:05Z",
       {"-0044-01-02 03:04:05", "-0044-01-02T03:04:05Z"}},
      {kInstant,
       "9999-12-31T23:59:59.999999Z",
       "9999-12-31T23:59:59.999999Z",
       {"9999-12-31T23:59:59.999999Z"}},
      {kInstant, "+10000-01-01T00:59:59Z", "+10000-01-01T00:59:59Z", {"9999-12-31T23:59:59-01:00"}},
      {kInstant, "2024-01-02T02:03:35Z", kError, {"2024-01-02T03:04:05+01:00:30"}},
      {kWallClock,
       "2024-01-02T03:04:05",
       "2024-01-02T03:04:05",
       {"2024-01-02 03:04:05", "2024-1-2 3:4:5", " 2024-01-02 03:04:05"}},
      {kWallClock, "2024-01-02T03:04:05.5", "2024-01-02T03:04:05.5", {"2024-01-02 03:04:05.5"}},
      {kWallClock,
       "2024-01-02T03:04:05.123456",
       "2024-01-02T03:04:05.123456",
       {"2024-01-02 03:04:05.1234567"}},
      {kWallClock,
       "2024-01-02T03:04:05",
       kError,
       {"2024-01-02T03:04:05", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05Z",
        "2024-01-02 03:04:05 ", "2024-01-02 03:04:05 UTC"}},
      {kWallClock, "2024-01-02T00:00:00", kError, {"2024-01-02"}},
      {kWallClock,
       "2024-01-02T04:04:05",
       kError,
       {"2024-01-02T04:04:05+01:00", "2024-01-02 04:04:05+01:00"}},
      {kWallClock, "2024-01-02T03:04:00", kError, {"2024-01-02 03:04"}},
      {kWallClock, "+12024-01-02T03:04:05", "+12024-01-02T03:04:05", {"+12024-01-02 03:04:05"}},
      {kWallClock, "+12024-01-02T03:04:05", kError, {"12024-01-02 03:04:05"}},
      {kWallClock, kNull, kError, {"2024-01-02 24:00:00", "abc"}},
      {kWallClock, kNull, "2024-01-03T00:00:00", {"2024-01-02 23:59:60"}},
      {kWallClock, "2024-01-01T00:00:00", kError, {"2024"}},
      {kWallClock, kNull, "2024-01-02T03:04:05", {"2024-01-02  03:04:05"}},
  };
  return cases;
}

std::string Told(const ReaderView& view) {
  if (view.kind == ReaderView::Kind::kError) return kError;
  return view.kind == ReaderView::Kind::kNull ? kNull : view.text;
}

TEST(PartitionValue, EverySpellingIsReadAsSparkAndDeltaRsReadIt) {
  for (const Case& tried : Tried()) {
    for (const char* text : tried.texts) {
      const PartitionValue value = ReadPartitionValue(tried.type, text);
      EXPECT_EQ(Told(value.spark), tried.spark) << '"' << text << '"';
      EXPECT_EQ(Told(value.delta_rs), tried.others) << '"' << text << '"';
    }
  }
}

TEST(PartitionValue, IsWhatSomeReaderReadsElseTheSpellingItself) {
  for (const Case& tried : Tried()) {
    for (const char* text : tried.texts) {
      const PartitionValue value = ReadPartitionValue(tried.type, text);
      const bool others_read = std::string(tried.others) != kError;
      const bool spark_reads = std::string(tried.spark) != kNull;
      EXPECT_EQ(value.value.value_or(kNull),
                others_read ? tried.others : (spark_reads ? tried.spark : text));
      EXPECT_EQ(value.BreaksReaders(), !others_read) << text;
    }
  }
}

TEST(PartitionValue, OneThatAllReadersReadAlikeIsAgreed) {
  EXPECT_TRUE(ReadPartitionValue(kDouble, "1E0").IsAgreed());
  EXPECT_TRUE(ReadPartitionValue(kMoney, "+01.10").IsAgreed());
  EXPECT_FALSE(ReadPartitionValue(kMoney, "1.1").IsAgreed());
  EXPECT_FALSE(ReadPartitionValue(kDay, "24-01-02").IsAgreed());
  EXPECT_TRUE(ReadPartitionValue(kInstant, "2024-01-02 03:04:05 UTC").IsAgreed());
}

TEST(PartitionValue, DuckDbLeavesAnOffsetOutOfAccount) {
  const PartitionValue value = ReadPartitionValue(kInstant, "2024-01-02T04:04:05+01:00");
  EXPECT_EQ(*value.value, "2024-01-02T03:04:05Z");
  EXPECT_EQ(value.kernel.text, "2024-01-02T04:04:05Z");
  EXPECT_FALSE(value.IsAgreed());
}

TEST(PartitionValue, FloatsAreReadAtTheirColumnsWidth) {
  EXPECT_EQ(*ReadPartitionValue(kSingle, "0.10000000149011612").value, "0.1");
  EXPECT_EQ(*ReadPartitionValue(kDouble, "0.10000000149011612").value, "0.10000000149011612");
  EXPECT_EQ(*ReadPartitionValue(kSingle, "3.5e38").value, "Infinity");
}

TEST(PartitionValue, ZerosAreOneValueAndTellTheirSign) {
  const PartitionValue negative = ReadPartitionValue(kDouble, "-0.0");
  const PartitionValue positive = ReadPartitionValue(kDouble, "0");
  EXPECT_EQ(negative.value, positive.value);
  EXPECT_TRUE(negative.negative_zero && !negative.positive_zero);
  EXPECT_TRUE(positive.positive_zero && !positive.negative_zero);
  EXPECT_FALSE(ReadPartitionValue(kDouble, "-1").negative_zero);
}

TEST(PartitionValue, ZonesAreToldApart) {
  EXPECT_TRUE(ReadPartitionValue(kInstant, "2024-01-02 03:04:05").without_zone);
  EXPECT_TRUE(ReadPartitionValue(kInstant, "2024-01-02").without_zone);
  for (const char* text :
       {"2024-01-02T03:04:05Z", "2024-01-02 03:04:05+00", "2024-01-02 3:4:5 UTC"})
    EXPECT_TRUE(ReadPartitionValue(kInstant, text).with_zone) << text;
  EXPECT_FALSE(ReadPartitionValue(kWallClock, "2024-01-02 03:04:05").without_zone);
  EXPECT_FALSE(ReadPartitionValue(kInstant, "1704164645").without_zone);
}

TEST(PartitionValue, EmptyTextIsNullOfEveryTypeButString) {
  for (const PartitionType& type : {kDouble, kMoney, kInt, kBool, kDay, kInstant, kBytes})
    EXPECT_EQ(ReadPartitionValue(type, "").value, std::nullopt);
  EXPECT_EQ(ReadPartitionValue(kText, "").value, "");
  EXPECT_EQ(ReadPartitionValue(kText, std::nullopt).value, std::nullopt);
}

TEST(PartitionValue, TextIsNeverFolded) {
  for (const char* text : {"a", "a ", "A", "null", "\xC3\xA9", "e\xCC\x81"})
    EXPECT_EQ(*ReadPartitionValue(kText, text).value, text);
}

TEST(PartitionValue, CanonicalTextReadsAsItself) {
  for (const Case& tried : Tried()) {
    for (const char* text : tried.texts) {
      const PartitionValue value = ReadPartitionValue(tried.type, text);
      if (!value.value || value.delta_rs.kind != ReaderView::Kind::kValue) continue;
      EXPECT_EQ(*model::CanonicalValue(tried.type.type, *value.value), *value.value);
    }
  }
}

}  // namespace
}  // namespace salvor::delta
