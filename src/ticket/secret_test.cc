#include "ticket/secret.h"

#include <gtest/gtest.h>

#include <string>

namespace salvor::ticket {
namespace {

constexpr const char* kToken = "s3cret/Token+42";

TEST(GivesAway, ASecretAsItIsOrAPartOfIt) {
  EXPECT_TRUE(GivesAway("wrong token s3cret/Token+42 given", kToken));
  EXPECT_TRUE(GivesAway("S3CRET/TOKEN+42", kToken));
  EXPECT_TRUE(GivesAway("s3cret/ To ken+42", kToken));
  EXPECT_TRUE(GivesAway("it ends with /Token+4", kToken));
  EXPECT_TRUE(GivesAway("a short one: abc", "abc"));
  EXPECT_FALSE(GivesAway("project: valid project is required; no such issue type", kToken));
  EXPECT_FALSE(GivesAway("", kToken));
}

TEST(GivesAway, ASecretInBase64WhateverStandsAroundIt) {
  EXPECT_TRUE(GivesAway("Basic czNjcmV0L1Rva2VuKzQy", kToken));
  EXPECT_TRUE(GivesAway("got YW5uQGV4YW1wbGUuY29tOnMzY3JldC9Ub2tlbis0Mg== of you", kToken));
  EXPECT_TRUE(GivesAway("xczNjcmV0L1Rva2VuKzQy", kToken)) << "a letter right before it";
  EXPECT_TRUE(GivesAway("xyzczNjcmV0L1Rva2VuKzQy", kToken));
  EXPECT_TRUE(GivesAway("czNjcmV0\n L1Rva2VuKzQy", kToken)) << "broken into lines";
  EXPECT_TRUE(GivesAway("-_-8czNjcmV0L1Rva2VuKzQy", kToken)) << "in the other alphabet";
  EXPECT_FALSE(GivesAway("Basic YW5uQGV4YW1wbGUuY29tOmFub3RoZXI=", kToken));
}

}  // namespace
}  // namespace salvor::ticket
