import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import {
  CfnEIP,
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  NatProvider,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Names } from './names';
import type { Network } from './parcela-function';
import type { Stage } from './stage';

const ZONES = 2;
const HTTPS = 443;

interface Props extends StackProps {
  readonly stage: Stage;
  readonly names: Names;
  readonly key: IKey;
}

/**
 * A network whose way out has fixed addresses, for providers that let in known addresses only.
 * The other functions stay outside it: they reach AWS's services directly, which costs nothing.
 */
export class NetworkStack extends Stack implements Network {
  readonly vpc: Vpc;
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, { stage, names, key, ...props }: Props) {
    super(scope, id, props);
    const addresses = Array.from({ length: stage.natGateways }, (_, index) => new CfnEIP(this, `Address${index + 1}`));
    this.vpc = new Vpc(this, 'Vpc', {
      vpcName: names.of('egress'),
      ipAddresses: IpAddresses.cidr('10.40.0.0/20'),
      maxAzs: ZONES,
      natGateways: stage.natGateways,
      natGatewayProvider: NatProvider.gateway({ eipAllocationIds: addresses.map((address) => address.attrAllocationId) }),
      subnetConfiguration: [
        { name: 'nat', subnetType: SubnetType.PUBLIC, cidrMask: 26, mapPublicIpOnLaunch: false },
        { name: 'functions', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 23 },
      ],
      // The table and the bucket are reached without the NAT gateways, which charge by the byte.
      gatewayEndpoints: {
        table: { service: GatewayVpcEndpointAwsService.DYNAMODB },
        bucket: { service: GatewayVpcEndpointAwsService.S3 },
      },
      flowLogs: {
        all: {
          destination: FlowLogDestination.toCloudWatchLogs(
            new LogGroup(this, 'FlowLogs', {
              logGroupName: names.serviceLogs('egress'),
              retention: stage.logRetention,
              encryptionKey: key,
              removalPolicy: stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
            }),
          ),
        },
      },
    });
    this.securityGroup = new SecurityGroup(this, 'Functions', {
      vpc: this.vpc,
      description: 'Functions that call providers: out by HTTPS, nothing in',
      allowAllOutbound: false,
    });
    this.securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(HTTPS), 'providers and the services of AWS');
    addresses.forEach((address, index) => {
      new CfnOutput(this, `FixedAddress${index + 1}`, { value: address.attrPublicIp });
    });
  }
}
