"""python -m unittest, in this folder."""

import unittest

from check_template import template_faults
from schedules import fault_of_expression, fault_of_timezone

SOUND = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: provided.al2023
    Handler: bootstrap
    Architectures: [arm64]
    Environment:
      Variables: {TABLE_NAME: !Ref Table}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
  Loans:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: rust-cargolambda}
    Properties:
      CodeUri: target/lambda/loans
      MemorySize: 256
      Timeout: 15
      Policies:
        - Statement: [{Effect: Allow, Action: dynamodb:GetItem, Resource: !GetAtt Table.Arn}]
      Events:
        Api: {Type: HttpApi, Properties: {Path: '/loans/{proxy+}', Method: ANY}}
        Night:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: cron(0 5 * * ? *)
            ScheduleExpressionTimezone: America/Sao_Paulo
"""


class Templates(unittest.TestCase):
    def test_a_sound_template_has_no_fault(self):
        self.assertEqual(template_faults(SOUND), [])

    def test_each_of_these_is_found(self):
        for before, after, expected in [
            ("MemorySize:", "MemorySise:", "MemorySise"),
            ("Handler: bootstrap", "Handel: bootstrap", "Handel"),
            ("provided.al2023", "provided.al2024", "provided.al2024"),
            ("Timeout: 15", "Timeout: 1500", "1500"),
            ("!Ref Table", "!Ref Tabel", "Tabel"),
            ("!GetAtt Table.Arn", "!GetAtt Table.Arm", "Arm"),
            ("BillingMode:", "BilingMode:", "BilingMode"),
            ("KeyType: HASH", "KeyType: HUSH", "HUSH"),
            ("cron(0 5 * * ? *)", "cron(0 5 * * * *)", "exactly one"),
            ("America/Sao_Paulo", "America/Sao_Paolo", "timezone"),
            ("Type: HttpApi", "Type: HttpApy", "HttpApy"),
            ("MemorySize: 256", "MemorySize: 256\n      MemorySize: 512", "Duplicate"),
            ("Resources:", "Ressources:", "no resources"),
            ("Properties:\n      CodeUri", "Properties\n      CodeUri", ""),
        ]:
            with self.subTest(after):
                self.assertIn(before, SOUND)
                faults = template_faults(SOUND.replace(before, after, 1))
                self.assertTrue(faults, after)
                self.assertIn(expected, "\n".join(faults))


class Schedules(unittest.TestCase):
    def test_expressions_that_are_taken(self):
        for expression in [
            "cron(0 5 * * ? *)",
            "cron(0 6 ? * MON-FRI *)",
            "cron(0/15 8-17 ? JAN,JUL 2-6 2026-2030)",
            "cron(30 23 L * ? *)",
            "cron(0 9 15W * ? *)",
            "cron(0 9 ? * 2#1 *)",
            "cron(0 9 ? * FRIL *)",
            "cron(*/5 * * * ? *)",
            "rate(1 minute)",
            "rate(5 hours)",
            "at(2026-01-31T05:00:00)",
        ]:
            with self.subTest(expression):
                self.assertIsNone(fault_of_expression(expression))

    def test_expressions_that_are_not(self):
        for expression in [
            "",
            "0 5 * * *",
            "cron(0 5 * * *)",
            "cron(0 5 * * * *)",
            "cron(0 5 ? * ? *)",
            "cron(60 5 * * ? *)",
            "cron(0 24 * * ? *)",
            "cron(0 5 0 * ? *)",
            "cron(0 5 32 * ? *)",
            "cron(0 5 * 13 ? *)",
            "cron(0 5 ? * MON-FRY *)",
            "cron(0 5 ? * 0 *)",
            "cron(0 5 ? * 2#6 *)",
            "cron(0 5 ? * 6-2 *)",
            "cron(0 5 * * ? 1969)",
            "cron(0/0 5 * * ? *)",
            "cron(? 5 * * ? *)",
            "cron(0  5 * * ? *)",
            "rate(1 minutes)",
            "rate(2 minute)",
            "rate(0 minutes)",
            "rate(1 week)",
            "at(2026-02-30T05:00:00)",
            "at(2026-02-28 05:00)",
        ]:
            with self.subTest(expression):
                self.assertIsNotNone(fault_of_expression(expression))

    def test_timezones(self):
        for name in ["America/Sao_Paulo", "Asia/Kolkata", "UTC"]:
            self.assertIsNone(fault_of_timezone(name))
        for name in ["", "Brazil", "America/Sao_Paolo", "posix/UTC", "GMT+3"]:
            self.assertIsNotNone(fault_of_timezone(name))


if __name__ == "__main__":
    unittest.main()
