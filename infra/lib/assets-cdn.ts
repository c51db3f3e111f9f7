import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HttpVersion,
  PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import type { Domain } from './options';

/** CloudFront before the bucket of brand assets, which lets in this distribution alone (OAC). */
export function createAssetsCdn(scope: Construct, assets: IBucket, accessLogs: IBucket, domain?: Domain): Distribution {
  const distribution = new Distribution(scope, 'AssetsCdn', {
    comment: 'Parcela: brand assets',
    defaultBehavior: {
      origin: S3BucketOrigin.withOriginAccessControl(assets),
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
      cachePolicy: CachePolicy.CACHING_OPTIMIZED,
      responseHeadersPolicy: ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS_AND_SECURITY_HEADERS,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    },
    // With the locations in South America and India, where the brands' customers are.
    priceClass: PriceClass.PRICE_CLASS_ALL,
    httpVersion: HttpVersion.HTTP2_AND_3,
    enableLogging: true,
    logBucket: accessLogs,
    logFilePrefix: 'assets-cdn/',
    ...(domain && {
      domainNames: [domain.name],
      certificate: Certificate.fromCertificateArn(scope, 'AssetsCertificate', domain.certificateArn),
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
    }),
  });
  acknowledge(distribution, 'CFR1', 'Pictures are public in every country.');
  acknowledge(distribution, 'CFR2', 'It serves files from a bucket and takes nothing in: there is nothing to inject into.');
  if (domain === undefined) {
    acknowledge(distribution, 'CFR4', 'CloudFront’s own certificate fixes the protocols; -c assetsDomain sets TLS 1.2.');
  }
  return distribution;
}
