/** The two documents an AWS administrator needs to let Cloudevy in. */

const OBSERVE = ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus', 'ec2:DescribeRegions', 'cloudwatch:GetMetricData']
const ACT = ['ec2:StartInstances', 'ec2:StopInstances', 'ec2:RebootInstances']
const pretty = (value: unknown): string => JSON.stringify(value, null, 2)

export function permissionPolicy(): string {
  return pretty({
    Version: '2012-10-17',
    Statement: [
      { Sid: 'CloudevyLooks', Effect: 'Allow', Action: OBSERVE, Resource: '*' },
      { Sid: 'CloudevyActs', Effect: 'Allow', Action: ACT, Resource: 'arn:aws:ec2:*:*:instance/*' },
    ],
  })
}

/** Who may take the role: the AWS account that Cloudevy itself runs in, and only with this ExternalId. */
export function trustPolicy(externalId: string): string {
  return pretty({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::<account Cloudevy runs in>:root' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': externalId } },
      },
    ],
  })
}
