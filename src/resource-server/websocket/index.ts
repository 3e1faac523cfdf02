export { accessTokenOf, optionalAccessTokenOf, requireToken, type UpgradeGuard } from './upgrade.ts'
