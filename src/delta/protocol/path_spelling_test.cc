#include "delta/protocol/path_spelling.h"

#include <gtest/gtest.h>

namespace salvor::delta {
namespace {

TEST(PathSpellingTest, WhatWritersWriteIsPlain) {
  for (const char* path :
       {"part-00000-5f.c000.snappy.parquet", "d=2024-01-01/part.parquet", "d=New%20York/f.parquet",
        "d=a%253Ab/f", "d=\u00e4/f", "a/.part", "a/..part", "d=1,2;3/f@g~h!(i)"}) {
    EXPECT_TRUE(IsPlainSpelling(path)) << path;
    EXPECT_EQ(TextsOf("/t", path).file, path);
    EXPECT_EQ(TextsOf("/t", path).spark, path);
    EXPECT_EQ(TextsOf("/t", path).folded, path);
    EXPECT_TRUE(TextsOf("/t", path).is_uri) << path;
  }
}

struct Case {
  const char* path;
  const char* spark;
  const char* folded;
  const char* file;
  bool is_uri = true;
};

// Spark's column is what java.net.URI of JDK 17 with Hadoop's Path answers.
TEST(PathSpellingTest, OtherSpellingsAreWhatEachReaderMakesOfThem) {
  for (const Case& one : {
           Case{"./x", "x", "x", "x"},
           Case{"a/./x", "a/x", "a/x", "a/x"},
           Case{"a/../a/x", "a/x", "a/x", "a/x"},
           Case{"a//x", "a/x", "a/x", "a/x"},
           Case{"../x", "../x", "../x", "../x"},
           Case{"p%3D1/x", "p%3D1/x", "p%3D1/x", "p=1/x"},
           Case{"%c3%a4", "%c3%a4", "%C3%A4", "\u00e4"},
           Case{"%C3%A4", "%C3%A4", "%C3%A4", "\u00e4"},
           Case{"/t/x", "file:///t/x", "file:///t/x", "x"},
           Case{"file:///t/x", "file:///t/x", "file:///t/x", "x"},
           Case{"file:/t/x", "file:/t/x", "file:///t/x", "x"},
           Case{"file:/t/./x", "file:/t/x", "file:///t/x", "x"},
           Case{"/other/x", "file:///other/x", "file:///other/x", "/other/x"},
           Case{"s3://b/k", "s3://b/k", "s3://b/k", "s3://b/k"},
           Case{"a b", "a b", "a b", "a%20b", false},
           Case{"a[1]", "a[1]", "a[1]", "a%5B1%5D", false},
           Case{"a\u00a0b", "a\u00a0b", "a\u00a0b", "a\u00a0b", false},
           Case{"p=a:b/x", "p=a:b/x", "p=a:b/x", "p=a:b/x", false},
           Case{"a%zz", "a%zz", "a%zz", "a%zz", false},
           Case{"a%2", "a%2", "a%2", "a%2", false},
       }) {
    EXPECT_FALSE(IsPlainSpelling(one.path)) << one.path;
    const PathTexts texts = TextsOf("/t", one.path);
    EXPECT_EQ(texts.spark, one.spark) << one.path;
    EXPECT_EQ(texts.folded, one.folded) << one.path;
    EXPECT_EQ(texts.file, one.file) << one.path;
    EXPECT_EQ(texts.is_uri, one.is_uri) << one.path;
  }
}

}  // namespace
}  // namespace salvor::delta
